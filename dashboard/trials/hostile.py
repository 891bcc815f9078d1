"""Bad input by the thousand: the server lives, serves others, and tells nobody of its insides."""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import fmean

from dashboard.trials.attack import Attacker, Said
from dashboard.trials.fuzzing import inputs
from dashboard.trials.guest import Guest
from dashboard.trials.inputs import Input
from dashboard.trials.logs import OWN, Log, tracebacks
from dashboard.trials.plan import Plan
from dashboard.trials.result import Defect, Results, Row
from dashboard.trials.served import Served
from dashboard.trials.wandering import ordinary

BATCH, SHORT_BATCH = 100, 60
GROWTH = 0.25
LOG_BYTES = 5000  # an input: as much as a traceback or two
NX, NY = 300, 200
CONFIRM_SECONDS, SETTLE_SECONDS = 1.0, 0.05
MARKUP = re.compile(r"<(script>alert\(1\)|img src=x onerror)")
INSIDE = re.compile(r'Traceback \(most recent call last\)|File \\?"[^"]+\.py\\?", line \d+')
SERVER_ERROR, HEAD_CHARACTERS = 500, 1000
# How what is found begins, and what the table calls it.
JUDGED = {
    "a traceback sent in a page": "a traceback sent in a page",
    "a traceback sent in a message": "a traceback sent in a message",
    "HTTP 5": "answers HTTP 500",
    "markup": "markup sent back as it came",
    "no answer": "neither answered nor closed",
    "a websocket accepted": "a websocket accepted from another origin",
    "the attacker's": "answers that are no websocket's",
}


@dataclass
class Found:
    """What was found, by kind: how often, and the shortest input that led to it."""

    times: Counter[str] = field(default_factory=Counter)
    shortest: dict[str, Input] = field(default_factory=dict)

    def add(self, kind: str, one: Input, times: int = 1) -> None:
        """Count what an input led to."""
        self.times[kind] += times
        if kind not in self.shortest or len(str(one)) < len(str(self.shortest[kind])):
            self.shortest[kind] = one


async def hostile(server: Served, plan: Plan) -> Results:
    """Send them in batches; after each look whether the server is as it was."""
    trial = _Trial(server, plan)
    return await trial.run()


class _Trial:
    def __init__(self, server: Served, plan: Plan) -> None:
        self._server, self._plan = server, plan
        self._chance = random.Random(plan.seed)
        self._attacker = Attacker(server.port, self._chance)
        self._log = Log(server.log)
        self._log_before = self._log.size()
        self._found, self._logged = Found(), Found()
        self._families: Counter[str] = Counter()
        self._seconds: dict[str, float] = defaultdict(float)
        self._unserved: list[str] = []
        self._sizes: list[int] = []
        self._confirmed: set[str] = set()
        self._sent = 0

    async def run(self) -> Results:
        first = await Guest.arrive(self._server.port, nx=NX, ny=NY)
        await first.open_tabs()
        document = first.models()
        first.leave()
        generator = inputs(self._plan.seed, document)
        size = SHORT_BATCH if self._plan.short else BATCH
        while self._sent < self._plan.inputs and self._server.alive():
            batch = [next(generator) for _ in range(min(size, self._plan.inputs - self._sent))]
            for one in batch:
                await self._strike(one)
                if not self._server.alive():
                    self._found.add("the server ended", one)
                    break
            await self._look_after(batch)
            print(f"{self._sent} inputs", file=sys.stderr, flush=True)
        if self._server.alive():
            await self._confirm()
        self._attacker.leave()
        return self._results()

    async def _strike(self, one: Input) -> None:
        self._sent += 1
        self._families[one.family] += 1
        started = time.monotonic()
        try:
            said = await self._attacker.send(one)
        except Exception as error:  # whatever the server did to the connection, others go on
            said = Said()
            self._found.add(f"the attacker's connection failed: {type(error).__name__}", one)
            self._attacker.leave()
        took = time.monotonic() - started
        self._seconds[one.family] += took
        self._judge(one, said, took)
        if one.family == "widget":
            await asyncio.sleep(SETTLE_SECONDS)  # what widgets call runs a moment later
        self._read_log(one)

    def _judge(self, one: Input, said: Said, seconds: float) -> None:
        if INSIDE.search(said.text):
            (kind, *_) = [*tracebacks(_unescaped(said.text)), "of some kind"]
            how = "a page" if one.family in {"http", "link"} else "a message"
            self._found.add(f"a traceback sent in {how}: {kind}", one)
        if said.status is not None and said.status >= SERVER_ERROR:
            self._found.add(f"HTTP {said.status}", one)
        # In a script it is nobody's markup.
        if MARKUP.search(said.text) and "text/html" in said.text[:HEAD_CHARACTERS]:
            self._found.add("markup sent back as it came", one)
        if said.silent:
            self._found.add(f"no answer within {seconds:.0f} s, {one.family}", one)
        if said.accepted:
            self._found.add("a websocket accepted from another origin", one)

    def _read_log(self, one: Input) -> None:
        if self._log.grown():
            for kind, times in tracebacks(self._log.news()).items():
                self._logged.add(kind, one, times)

    async def _look_after(self, batch: list[Input]) -> None:
        """An honest visitor comes; then memory is looked at."""
        if not self._server.alive():
            return
        try:
            guest = await Guest.arrive(self._server.port, nx=NX, ny=NY)
            answer = await guest.see(ordinary(self._chance, NX, NY), self._plan.patience)
            guest.leave()
            served = answer is not None and answer.picture
        except Exception:
            served = False
        if not served:
            self._unserved.append(f"after inputs {self._sent - len(batch)} to {self._sent}")
        self._read_log(batch[-1])
        self._sizes.append(sum(self._server.memory().values()))

    async def _confirm(self) -> None:
        """Send again, alone and in a new session, what led to tracebacks of our own in the log."""
        for kind, one in self._logged.shortest.items():
            if OWN not in kind:
                continue
            attacker = Attacker(self._server.port, self._chance)
            await asyncio.sleep(CONFIRM_SECONDS)
            self._log.news()
            try:
                await attacker.send(one)
            except Exception:
                continue
            finally:
                attacker.leave()
            await asyncio.sleep(CONFIRM_SECONDS)
            if kind in tracebacks(self._log.news()):
                self._confirmed.add(kind)

    def _results(self) -> Results:
        sent = ", ".join(f"{number} {family}" for family, number in sorted(self._families.items()))
        title = f"{self._sent} bad inputs"
        own = sum(times for kind, times in self._logged.times.items() if OWN in kind)
        alive = self._server.alive()
        grown = _grown(self._sizes)
        logged = (self._log.size() - self._log_before) / max(self._sent, 1)
        judged = not self._plan.short
        rows = [
            Row("hostile", f"{title} ({sent}): the server", "runs" if alive else "ended", "runs",
                alive),
            Row("hostile", f"{title}: an honest visitor after each batch",
                f"{len(self._unserved)} times not served" + "".join(f"; {word}" for word in
                self._unserved[:5]), "always served", not self._unserved),
            Row("hostile", f"{title}: tracebacks in the log", f"{self._logged.times.total()} of "
                f"{len(self._logged.times)} kinds"),
            Row("hostile", f"{title}: of these by way of our own code", str(own), "none", not own),
            Row("hostile", f"{title}: the log", f"{logged / 1e3:.1f} kB an input",
                f"at most {LOG_BYTES / 1e3:g} kB", logged <= LOG_BYTES),
            Row("hostile", f"{title}: memory of the server and its workers, second quarter → last",
                f"{grown:+.0%}, {min(self._sizes, default=0) / 2**20:.0f} → "
                f"{max(self._sizes, default=0) / 2**20:.0f} MiB at most",
                f"at most +{GROWTH:.0%}" if judged else "", grown <= GROWTH if judged else None),
        ]  # fmt: skip
        for kind in (
            "a traceback sent in a page",
            "a traceback sent in a message",
            "HTTP 5",
            "markup",
            "no answer",
            "a websocket accepted",
        ):
            times = _sum(self._found, kind)
            words = {"HTTP 5": "answers HTTP 500", "no answer": "no answer"}.get(kind, kind)
            rows.append(Row("hostile", f"{title}: {words}", str(times), "none", not times))
        return Results(
            rows,
            [*_defects(self._found, None), *_defects(self._logged, self._confirmed)],
            {
                "hostile": {
                    "memory": self._sizes,
                    "unserved": self._unserved,
                    "seconds": dict(self._seconds),
                }
            },
        )


def _sum(found: Found, start: str) -> int:
    return sum(times for kind, times in found.times.items() if kind.startswith(start))


def _grown(sizes: list[int]) -> float:
    quarter = len(sizes) // 4
    if not quarter:
        return 0.0
    return fmean(sizes[-quarter:]) / fmean(sizes[quarter : 2 * quarter]) - 1


def _defects(found: Found, confirmed: set[str] | None) -> list[Defect]:
    defects = []
    for kind, times in found.times.most_common():
        words, how = kind, str(found.shortest[kind])
        if confirmed is not None:
            words = f"traceback in the log: {kind}"
            how += "" if kind in confirmed or OWN not in kind else " (or one before it)"
        defects.append(Defect("hostile", words, how, times))
    return defects


def _unescaped(text: str) -> str:
    """An error's text as JSON has it, with its lines apart."""
    return text.replace("\\n", "\n").replace('\\"', '"')

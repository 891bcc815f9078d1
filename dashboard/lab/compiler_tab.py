"""The tab "Compiler": the step beside what was made of it, and what that took."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import ClassVar

import panel as pn

from dashboard.compute import workers
from dashboard.compute.clock import Clock
from dashboard.compute.pending import Pending
from dashboard.lab import stored
from dashboard.lab.code_browser import CodeBrowser
from dashboard.lab.highlighting import highlighted
from dashboard.lab.host import OtherTabs, TabHost
from dashboard.lab.inspection_html import figures, notes
from dashboard.lab.waiting import Waiting
from dashboard.view.about_stage import about_stage
from mandel_core import FORMULAS, STAGES, Inspection, StageFailure
from mandel_core.inspection.report import Listing, largest
from mandel_core.model.control import Phase
from mandel_core.words import count, duration
from mandel_core.worker.tasks import Inspect

KEPT = 32


class CompilerTab:
    """Looks at the compiler's work as soon as it is opened, and keeps what it has seen."""

    name: ClassVar[str] = "compiler"
    title: ClassVar[str] = "Compiler"

    def __init__(self, host: TabHost, others: OtherTabs) -> None:
        self._host = host
        self._kept: OrderedDict[Hashable, Inspection] = OrderedDict()
        self._shown: Hashable = None
        self._listings: tuple[Listing, ...] = ()
        self._wanted: Inspect | None = None
        self._pending: Pending[Inspection | StageFailure] = Pending(host.in_document)
        self._clock = Clock(host.in_document, self._show_status)
        self._phase: Phase = "waiting"
        self._waiting = Waiting(host, others, self)
        self._anew = pn.widgets.Button(
            label="Compile anew",
            color="primary",
            variant="outline",
            width=150,
        )
        self._anew.on_click(lambda event: self._start(self._task(cold=True)))
        self._again = pn.widgets.Button(label="Compile", width=110, visible=False, color="primary")
        self._again.on_click(lambda event: self._start(self._task()))
        self._cancel = pn.widgets.Button(
            label="Cancel", width=90, visible=False, color="primary", variant="outline"
        )
        self._cancel.on_click(lambda event: self.cancel())
        wide = {"sizing_mode": "stretch_width"}
        self._progress = pn.widgets.StaticText(
            css_classes=["progress"], styles={"flex": "1 1 220px"}, **wide
        )
        self._figures = pn.widgets.StaticText(css_classes=["figures-of-compiler"], **wide)
        self._about = pn.widgets.StaticText(margin=(0, 10), **wide)
        self._browser = CodeBrowser(sizing_mode="stretch_both", min_height=320)
        self._browser.param.watch(lambda event: self._show_listing(), "selected")
        self.panel = pn.Column(
            pn.FlexBox(
                *(self._progress, self._cancel, self._waiting.button, self._again, self._anew),
                **wide,
            ),
            self._about,
            self._figures,
            self._browser,
            sizing_mode="stretch_both",
            styles={"padding": "8px 12px", "overflow-y": "auto"},
        )

    def open(self) -> None:
        """Show what was seen of the current stage and settings, or go and look."""
        task = self._task()
        if _key(task) in self._kept:
            self.close()
            self._show(task)
        elif self._wanted is None or _key(self._wanted) != _key(task):
            self._start(task)

    def close(self) -> None:
        """Give up what is being compiled for this view."""
        self._pending.cancel()
        self._clock.stop()
        self._waiting.over()
        self._wanted = None
        self._cancel.visible = self._browser.busy = False

    def cancel(self) -> None:
        """Give up at the user's wish: what is open stays without figures until it is asked for."""
        wanted = self._wanted
        self.close()
        if wanted is None:
            return
        if _key(wanted) in self._kept:
            self._show(wanted)
            return
        self._wanted = wanted  # opening the tab again does not start what was just cancelled
        self._progress.value = f"{_name(wanted)}: cancelled."
        self._again.visible = True
        self._browser.empty = "Cancelled before there was any code."

    def _task(self, cold: bool = False) -> Inspect:
        return Inspect(self._host.viewport, self._host.settings(), cold)

    def _start(self, task: Inspect) -> None:
        self.close()
        self._wanted = task
        self._shown = None
        self._started = time.monotonic()
        self._cancel.visible, self._again.visible = True, False
        stage = STAGES[task.settings.stage]
        self._figures.value = ""
        self._about.value = about_stage(stage)
        self._browser.param.update(
            title=f"Step of {stage.title}",
            source=highlighted(_source(task), "python"),
            notes=[],
            names=[],
            code=[],
            empty="The code appears here once it is compiled.",
            busy=True,
        )
        self._clock.start()
        self._on_phase("waiting")
        session = f"{self._host.session}/{self.name}"
        self._pending.submit(
            lambda on_phase: workers.measure(task, session=session, on_phase=on_phase),
            on_result=lambda outcome: self._on_result(task, outcome),
            on_phase=self._on_phase,
        )

    def _on_phase(self, phase: Phase) -> None:
        self._phase = phase
        self._waiting.over()
        self._show_status()

    def _show_status(self) -> None:
        task = self._wanted
        if task is None:
            return
        if self._phase == "waiting":
            doing = f"waiting until {self._waiting.words()}"
        elif self._phase == "over budget":
            doing = "waiting until this visit has not used more computing than it may in a minute"
        else:
            doing = "compiling" if self._phase == "compiling" else "running it"
        spent = int(time.monotonic() - self._started)
        since = f", {spent} s so far" if spent else ""
        words = f"{_name(task)}: {doing}{since}…"
        before = stored.compile_seconds(task.settings) if self._phase == "compiling" else None
        if before is not None:
            words += f" It took {duration(before)} here before."
        self._progress.value = words

    def _on_result(self, task: Inspect, outcome: Inspection | StageFailure) -> None:
        self.close()
        if isinstance(outcome, StageFailure):  # the process died, or had no memory left
            outcome = Inspection(task.settings, _source(task), failure=outcome)
        else:
            self._kept[_key(task)] = outcome
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._show(task, outcome)

    def _show(self, task: Inspect, seen: Inspection | None = None) -> None:
        key = _key(task)
        if seen is None and key == self._shown:
            return
        seen = seen or self._kept[key]
        self._shown, self._listings = key, seen.listings
        main = largest(seen.listings)
        selected = seen.listings.index(main) if main else 0
        self._again.visible = False
        self._anew.visible = seen.cache != "none"
        self._progress.value = _name(task)
        self._about.value = about_stage(STAGES[seen.settings.stage])
        self._figures.value = figures(seen)
        self._browser.param.update(
            title=f"Step of {STAGES[seen.settings.stage].title}",
            source=highlighted(seen.source, "python"),
            notes=notes(seen),
            names=[_label(listing) for listing in seen.listings],
            selected=selected,
            empty="There is no generated code.",
        )
        self._show_listing()

    def _show_listing(self) -> None:
        at = self._browser.selected
        if 0 <= at < len(self._listings):  # the page sets it, and may ask for anything
            listing = self._listings[at]
            self._browser.start = _start_of(listing)
            self._browser.code = highlighted(listing.text, listing.language)
        else:
            self._browser.code = []


def _key(task: Inspect) -> Hashable:
    """Equal for tasks that compile the same; the iterations decide on the last, shorter chunk."""
    return (task.compile_key, task.settings.maxiter)


def _source(task: Inspect) -> str:
    settings = task.settings
    return STAGES[settings.stage].source_for(FORMULAS[settings.formula], settings.device)


def _name(task: Inspect) -> str:
    settings, view = task.settings, task.view
    stage = STAGES[settings.stage]
    parts = [stage.title]
    if "chunksize" in stage.varies:
        parts.append(f"chunk size {settings.chunksize}")
    parts += [settings.dtype, settings.device, f"{view.nx} × {view.ny} pixels"]
    return ", ".join(parts)


def _start_of(listing: Listing) -> int:
    """The line on which Numba's function begins, after constants and the like."""
    begins = {"asm": r"_Z\w+:", "llvm": r"define "}.get(listing.language, "")
    lines = enumerate(listing.text.splitlines(), 1)
    return next((number for number, line in lines if re.match(begins, line)), 1)


def _label(listing: Listing) -> str:
    lines = count(listing.text.count("\n"), "line")
    lanes = f", {listing.lanes} at once" if (listing.lanes or 1) > 1 else ""
    return f"{lines}{lanes} · {listing.name}"

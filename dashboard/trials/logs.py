"""Tracebacks in a server's log: how many, of how many kinds."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

HEAD = "Traceback (most recent call last):"
_FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line \d+, in (?P<function>\S+)')
_VARYING = re.compile(r"0x[0-9a-f]+|'[^']*'|\"[^\"]*\"|\d+")
_OURS = {"dashboard", "mandel_core"}
# Every message to Bokeh comes by these, which write down what fails in it.
_WRAPPERS = {("errors.py", "_handle"), ("errors.py", "_receive"), ("incoming.py", "if_heard")}
OWN = "by way of"


def tracebacks(text: str) -> Counter[str]:
    """Each kind of traceback in the text, in one line, and how often it is there.

    Where it goes through code of this project, the kind says so with the word `OWN`.
    """
    found: Counter[str] = Counter()
    place, own, inside = "", "", False
    for line in text.splitlines():
        if HEAD in line:
            inside, place, own = True, "", ""
        elif inside and (frame := _FRAME.match(line)):
            path = Path(frame["file"])
            place = f"{'/'.join(path.parts[-2:])} {frame['function']}"
            ours = _OURS & set(path.parts) and "site-packages" not in path.parts
            if ours and (path.name, frame["function"]) not in _WRAPPERS:
                own = place
        elif inside and line[:1] not in {" ", ""}:
            kind, _, words = line.partition(":")
            if own:
                kind += f":{_VARYING.sub('…', words)[:120]}"
            found[f"{kind} in {place}" + (f" {OWN} {own}" if own else "")] += 1
            inside = False
    return found


class Log:
    """A log that is read as it grows; empty if it is not known where it is."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._read = self.size()

    def size(self) -> int:
        """Bytes so far."""
        return self._file.stat().st_size if self._file is not None and self._file.exists() else 0

    def grown(self) -> bool:
        """Whether there is something new to read."""
        return self.size() > self._read

    def news(self) -> str:
        """What has been written since the last time."""
        if self._file is None or not self._file.exists():
            return ""
        with self._file.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        return new.decode(errors="replace")

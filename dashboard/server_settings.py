"""What an operator can set: the limits of a served explorer, from environment and command line.

MANDEL_EXPLORER_MAX_SESSIONS=50 panel serve dashboard --args --picture-seconds 10
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from mandel_core import STAGES
from mandel_core.worker.pool import PoolLimits

PREFIX = "MANDEL_EXPLORER"


def _about(text: str, default: Any) -> Any:
    """A field with its description, for the table in the documentation and `--help`."""
    return field(default=default, metadata={"about": text})


@dataclass(frozen=True)
class ServerSettings:
    """The limits of a server; each field's metadata say what it limits and what happens beyond.

    Raises ValueError, with a sentence for the operator, if a value makes no sense.
    """

    max_sessions: int = _about("pages open at once; a further one is told to try again later", 200)
    new_pages_per_second: float = _about(
        "new pages a second; more that come at once wait, and beyond a hundred that wait are told "
        "to try again later",
        10.0,
    )
    max_pixels: int = _about("pixels of one picture; larger windows get larger pixels", 9_000_000)
    max_iterations: int = _about("iterations a visitor may ask for", 1_000_000)
    max_work: float = _about("pixels × iterations of one picture; more is refused", 2e12)
    picture_seconds: float = _about("a picture that takes longer is given up", 30.0)
    compile_seconds: float = _about("compiling for a picture is given up after so long", 90.0)
    measure_seconds: float = _about("a measurement, compiling included, is given up", 300.0)
    compute_seconds_per_minute: float = _about(
        "seconds of computing a visitor may use in a minute; what is asked beyond waits", 90.0
    )
    sweep_length: int = _about("chunk sizes that can be measured in one go", 30)
    stages: str = _about(
        "names of the stages visitors may choose, with commas between them; empty for all", ""
    )
    measuring: bool = _about("whether visitors may measure, inspect and compare", True)
    worker_memory_mb: int = _about(
        "MiB of data each computing process may have (Linux); 0 for no limit", 6144
    )
    metrics: bool = _about("whether /metrics answers, in Prometheus' form", False)
    compute: str = _about(
        "the socket of a `python -m dashboard.compute`, whose processes this server uses; empty "
        "for processes of its own",
        "",
    )

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, bool | str):
                continue
            least = 0 if one.name == "worker_memory_mb" else 1e-3
            if not value >= least:
                raise ValueError(f"{one.name} must be more than 0, not {value}")
        if unknown := [name for name in self.offered if name not in STAGES.names]:
            raise ValueError(
                f"stages: there is no stage {unknown[0]!r}; there are {', '.join(STAGES.names)}"
            )
        if self.stages and "fast" not in self.offered:
            raise ValueError("stages: the page opens with 'fast', which has to be among them")

    @property
    def offered(self) -> tuple[str, ...]:
        """The names in `stages`; empty if all stages are offered."""
        return tuple(name for name in self.stages.replace(",", " ").split() if name)

    def offers(self, stage: str) -> bool:
        """Whether visitors may choose this stage."""
        return not self.offered or stage in self.offered

    @property
    def pool_limits(self) -> PoolLimits:
        """Those of the limits that the computing processes hold."""
        return PoolLimits(
            self.picture_seconds,
            self.compile_seconds,
            self.measure_seconds,
            self.compute_seconds_per_minute,
            self.max_pixels,
            self.max_work,
            self.worker_memory_mb * 2**20 or None,
        )


# Whoever runs a notebook may use their machine as they like; nothing has to be endless for that.
OWN = ServerSettings(
    picture_seconds=300.0,
    compile_seconds=600.0,
    measure_seconds=3600.0,
    compute_seconds_per_minute=math.inf,
    max_work=math.inf,
    worker_memory_mb=0,
)
_current = OWN


def current() -> ServerSettings:
    """The settings of this process: a server's if it is one, else those of whoever runs it."""
    return _current


def use(settings: ServerSettings) -> None:
    """Have these be the settings of this process, before anything that follows them is imported.

    Raises RuntimeError if that is too late.
    """
    global _current  # noqa: PLW0603 - a process is one server
    if settings == _current:  # Bokeh runs what calls this twice
        return
    if "dashboard.state" in sys.modules:
        raise RuntimeError("the settings have to be known before the explorer is imported")
    _current = settings


def from_arguments(
    arguments: Sequence[str], program: str = "panel serve dashboard --args"
) -> ServerSettings:
    """The settings from the environment and these arguments, which count more.

    Ends the program, with a sentence that names the setting, if a value makes no sense.
    """
    from jsonargparse import ArgumentParser

    parser = ArgumentParser(prog=program, env_prefix=PREFIX, default_env=True)
    for one in fields(ServerSettings):
        about = str(one.metadata["about"])
        kind = type(one.default)
        parser.add_argument(f"--{one.name}", type=kind, default=one.default, help=about)
    found = parser.parse_args([_underscores(argument) for argument in arguments])
    try:
        return ServerSettings(**{one.name: found[one.name] for one in fields(ServerSettings)})
    except ValueError as error:
        parser.error(str(error))


def _underscores(argument: str) -> str:
    """An option's name as the parser knows it: `--max-sessions` is `--max_sessions`."""
    name, equals, value = argument.partition("=")
    return (
        name.replace("-", "_").replace("__", "--", 1) + equals + value
        if (argument.startswith("--"))
        else argument
    )


def table() -> str:
    """The settings as a Markdown table, for docs/serving.md."""
    lines = ["| setting | default | what it limits |", "|---|---|---|"]
    for one in fields(ServerSettings):
        default = (
            ""
            if one.default == ""
            else f"{one.default:g}"
            if (isinstance(one.default, float))
            else f"{one.default}"
        )
        lines.append(f"| `{one.name}` | {default} | {one.metadata['about']} |")
    return "\n".join(lines)

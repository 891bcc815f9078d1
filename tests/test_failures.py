"""What cannot work fails as a value that says why, and spoils nothing that comes after it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any, get_args

import numpy as np
import pytest

from mandel_core import STAGES, Settings, StageFailure, Viewport, devices, render, sweep
from mandel_core.model.failures import FailureKind, without_folders

pytestmark = [pytest.mark.compile, pytest.mark.slow]

SMALL = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 24, 20)


def is_explained(failure: StageFailure, stage: str) -> bool:
    """A known kind, and one line for people with the stage in front of it."""
    return (
        failure.kind in get_args(FailureKind)
        and "\n" not in failure.reason
        and str(failure) == f"{stage}: {failure.reason}"
    )


def outcome(stage: str, **settings: Any) -> StageFailure | None:
    """How a stage that may fail on this torch does; None where it works, and works rightly."""
    try:
        frame = render(SMALL, stage, **settings)
    except StageFailure as failure:
        return failure
    reference = render(SMALL, "numpy", **{**settings, "device": "cpu"})
    # As in test_stages: rounding may change a count near the boundary.
    assert np.count_nonzero(frame.iterations != reference.iterations) <= 3
    return None


def test_as_is(pinned):
    failure = outcome("as_is", maxiter=20)
    if failure is not None:
        assert is_explained(failure, "as_is")
        assert failure.details
    if pinned:
        assert failure is not None
        assert failure.kind == "recompile-limit"
        assert "recompile limit" in failure.reason
        assert "n ==" in failure.details


def test_as_is_works_below_the_recompile_limit():
    assert outcome("as_is", maxiter=4) is None


def test_default_device_fails_and_leaves_no_device_behind(pinned, rendered):
    rendered(SMALL, "chunked", maxiter=8, chunksize=2)
    failure = outcome("default_device", maxiter=8, chunksize=2)
    if failure is not None:
        assert is_explained(failure, "default_device")
        assert failure.details
    if pinned:
        assert failure is not None
        assert failure.kind == "unsupported"
    # A default device that stayed would be a new guard: the kernel would be compiled again.
    assert render(SMALL, "chunked", maxiter=8, chunksize=2).compile_seconds == 0


@pytest.mark.parametrize("stage", [stage.name for stage in STAGES if "device" in stage.varies])
def test_a_device_that_is_not_there(stage):
    missing = next(name for name in ("mps", "cuda") if name not in devices())
    for device in (missing, "toaster"):
        with pytest.raises(StageFailure) as caught:
            render(SMALL, stage, device=device)
        assert caught.value.kind == "no-device"
        assert device in caught.value.reason
        assert is_explained(caught.value, stage)


def test_cuda_on_a_machine_without():
    if "cuda" in devices():
        pytest.skip("this machine has cuda")
    with pytest.raises(StageFailure, match="'cuda'") as caught:
        render(SMALL, "trampoline", device="cuda")
    assert caught.value.kind == "no-device"


def test_devices_begin_with_the_cpu():
    assert devices()[0] == "cpu"
    assert set(devices()) <= {"cpu", "cuda", "mps"}


@pytest.mark.skipif(sys.platform == "win32", reason="there CXX is not what names the compiler")
def test_without_a_compiler(tmp_path):
    # A process of its own: torch remembers the compiler it found, and the kernels it has made.
    code = (
        "import mandel_core\n"
        "view = mandel_core.Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 24, 20)\n"
        "try:\n"
        "    mandel_core.render(view, 'chunked', 4, chunksize=2)\n"
        "except mandel_core.StageFailure as failure:\n"
        "    print(failure.kind, bool(failure.details), failure.reason, sep='|')\n"
        "from torch._dynamo.utils import counters\n"
        "print(sum(counters['frames'].values()))\n"
        "for stage in ('numpy', 'numba'):\n"
        "    print(mandel_core.render(view, stage, 20).iterations.any())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "CXX": str(tmp_path / "no-such-compiler"),
            "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache"),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    told, traced, *others = run.stdout.splitlines()
    kind, details, reason = told.split("|")
    assert (kind, details) == ("no-compiler", "True")
    assert "C++ compiler" in reason
    assert traced == "0", "it is known before the step is traced, which takes seconds"
    assert others == ["True", "True"]


def test_a_failure_survives_pickling():
    failure = StageFailure("pairs", "no-compiler", "There is none.", "many\nwords")
    copy = pickle.loads(pickle.dumps(failure))
    assert type(copy) is StageFailure
    assert vars(copy) == vars(failure)
    assert str(copy) == str(failure) == "pairs: There is none."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maxiter", 0),
        ("maxiter", -5),
        ("maxiter", 1.5),
        ("maxiter", 10_000_001),
        ("chunksize", 0),
        ("chunksize", 2.5),
        ("horizon", 1.9),
        ("horizon", 0),
        ("horizon", float("nan")),
        ("horizon", float("inf")),
        ("horizon", 2.0**64),
        ("threads", 0),
        ("threads", -1),
        ("threads", 1025),
        ("dtype", "float16"),
        ("dtype", "complex64"),
    ],
)
def test_a_bad_argument_is_named(name, value):
    for call in (render, sweep):
        if (call, name) == (sweep, "chunksize"):
            arguments: dict[str, Any] = {"chunksizes": (1, value)}
        else:
            arguments = {name: value}
        with pytest.raises(ValueError, match=rf"^{name} must .*not [^\n]+$"):
            call(SMALL, "numpy", **arguments)


def test_an_unknown_stage_is_told_the_known_ones():
    for call in (render, sweep):
        with pytest.raises(ValueError, match=r"^there is no stage 'fortran'; there are numpy, "):
            call(SMALL, "fortran")


def test_horizons_at_the_limits_are_taken():
    assert Settings(horizon=2).horizon == 2
    assert Settings(horizon=2.0**63, dtype="float32").horizon == 2.0**63
    assert Settings(horizon=2.0**511, dtype="float64").horizon == 2.0**511
    with pytest.raises(ValueError, match=r"^horizon must"):
        Settings(horizon=2.0**512, dtype="float64")


def test_too_large_a_viewport_is_a_failure_not_a_crash():
    view = Viewport.from_bounds(-2, 1, -1, 1, 10**7, 10**7)
    for stage in ("numpy", "numba"):
        with pytest.raises(StageFailure, match="not enough memory"):
            render(view, stage)


def test_words_for_a_page_have_neither_folders_nor_a_terminals_colours():
    told = without_folders('\x1b[1mFile "/home/me/x.py"\x1b[0m, line 3')
    assert told == 'File "…/x.py", line 3'

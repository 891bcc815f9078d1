"""When Inductor need not try the processor's vector instructions before the first kernel."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from mandel_core.compilers import vector_trial

pytestmark = pytest.mark.compile


@pytest.fixture(autouse=True)
def compiler_not_known() -> Iterator[None]:
    vector_trial._compiler_knows_all.cache_clear()
    yield
    vector_trial._compiler_knows_all.cache_clear()


def compiler(tmp_path: Path, refuses: str) -> str:
    """A compiler that does not know an option."""
    script = tmp_path / "c++"
    script.write_text(f'#!/bin/sh\ncase "$*" in *{refuses}*) exit 1;; esac\nexec g++ "$@"\n')
    script.chmod(0o755)
    return str(script)


def skipped(cxx: str, said: bool | None = None) -> bool:
    """Whether the trial is skipped with this compiler, if the user has said this or nothing."""
    from torch._inductor import config  # noqa: PLC2701 - what is looked at is its setting

    with config.patch({"cpp.cxx": (cxx,), "cpp.vec_isa_ok": said}):
        with vector_trial.skipped():
            during = config.cpp.vec_isa_ok
        assert config.cpp.vec_isa_ok == said
        return bool(during)


def test_it_is_skipped_with_a_compiler_that_knows_all_instructions(tmp_path: Path) -> None:
    assert skipped(compiler(tmp_path, "-nothing")) == (platform.machine() in {"x86_64", "AMD64"})


def test_an_old_compiler_is_tried(tmp_path: Path) -> None:
    assert not skipped(compiler(tmp_path, "-mamx"))


def test_without_a_compiler_inductor_says_what_is_missing(tmp_path: Path) -> None:
    assert not skipped(str(tmp_path / "none"))


def test_what_the_user_has_said_holds(tmp_path: Path) -> None:
    assert not skipped(compiler(tmp_path, "-nothing"), said=False)

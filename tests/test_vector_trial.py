"""When Inductor need not try the processor's vector instructions before the first kernel."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mandel_core.compilers import vector_trial

pytestmark = pytest.mark.compile

Tried = Callable[..., list[str]]

# Sets of instructions, by Inductor's names: an old one and the newest.
AVX2, AMX = "VecAVX2", "VecAMX"


@pytest.fixture(autouse=True)
def compiler_not_known() -> Iterator[None]:
    vector_trial._compiler_knows.cache_clear()
    yield
    vector_trial._compiler_knows.cache_clear()


def compiler(tmp_path: Path, refuses: str) -> str:
    """A compiler that does not know an option."""
    script = tmp_path / "c++"
    script.write_text(f'#!/bin/sh\ncase "$*" in *{refuses}*) exit 1;; esac\nexec g++ "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Tried:
    """Which of the two sets Inductor tries with a compiler, and what the user has said."""
    from torch._inductor import config, cpu_vec_isa  # noqa: PLC2701 - what is looked at

    seen: list[str] = []

    def check_build(isa: Any, code: str) -> bool:
        seen.append(type(isa).__name__)
        return True

    monkeypatch.setattr(cpu_vec_isa.VecISA, "check_build", check_build)

    def asked(cxx: str, said: bool | None = None) -> list[str]:
        with config.patch({"cpp.cxx": (cxx,), "cpp.vec_isa_ok": said}), vector_trial.skipped():
            for name in (AVX2, AMX):
                assert getattr(cpu_vec_isa, name)().check_build("")
        assert cpu_vec_isa.VecISA.check_build is check_build
        return seen

    return asked


def test_none_is_tried_with_a_compiler_that_knows_all(tmp_path: Path, tried: Tried) -> None:
    of_x86 = platform.machine() in {"x86_64", "AMD64"}
    assert tried(compiler(tmp_path, "-nothing")) == ([] if of_x86 else [AVX2, AMX])


def test_an_old_compiler_is_tried_with_what_is_new(tmp_path: Path, tried: Tried) -> None:
    of_x86 = platform.machine() in {"x86_64", "AMD64"}
    assert tried(compiler(tmp_path, "-mamx")) == ([AMX] if of_x86 else [AVX2, AMX])


def test_without_a_compiler_inductor_says_what_is_missing(tmp_path: Path, tried: Tried) -> None:
    assert tried(str(tmp_path / "none")) == [AVX2, AMX]


def test_what_the_user_has_said_holds(tmp_path: Path, tried: Tried) -> None:
    assert tried(compiler(tmp_path, "-nothing"), said=False) == [AVX2, AMX]

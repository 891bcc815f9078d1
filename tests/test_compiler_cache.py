"""What a killed compile leaves on disk costs one more compile, and fails nobody for good."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from mandel_core.compilers import inductor_cache
from mandel_core.compilers.inductor_cache import is_cut
from mandel_core.compilers.torch_failures import explained

pytestmark = [pytest.mark.compile, pytest.mark.slow]

KEY = "c" + "a2b3" * 12 + "xyz"
OTHER = "c" + "z" * 51


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and no other."""
    monkeypatch.setattr(inductor_cache, "_roots", lambda: iter([tmp_path]))
    monkeypatch.setattr(inductor_cache, "_whole", set())
    monkeypatch.setattr(inductor_cache, "_renewed", set())
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / f"{KEY}.lock").touch()
    return tmp_path


def library() -> bytes:
    """Some library of this machine, whole."""
    import _ctypes  # noqa: PLC2701 - as good as any other library

    return Path(_ctypes.__file__).read_bytes()


def put(root: Path, name: str, content: bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no ELF files")
def test_a_library_is_whole_at_its_full_length_only() -> None:
    whole = library()
    assert not is_cut(whole[:64], len(whole))
    for size in (0, 1, 63, 64, 1000, len(whole) // 2, len(whole) - 1):
        assert is_cut(whole[: min(64, size)], size), size
    assert is_cut(bytes(64), len(whole)), "the disk has kept its size and nothing else"
    assert not is_cut(b"\xcf\xfa\xed\xfe" + bytes(60), 20_000), "another format"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"a2/{KEY}.main.so", b""),
        (f"a2/{KEY}.so", b"\x7fELF"),
        (f"a2/{KEY}.main.cpp", b""),
        (f"a2/{KEY}.py", b""),
        ("fxgraph/ab/fabc/entry", b"\x80\x04cut"),
        ("aotautograd/aabc/entry", b""),
        (f"precompiled_headers/{KEY}.h.gch", b"gpcWrite and then nothing"),
        (f"precompiled_headers/{KEY}.h.gch", b""),
    ],
)
def test_what_is_broken_is_removed_and_what_is_not_stays(
    root: Path, caplog: pytest.LogCaptureFixture, name: str, content: bytes
) -> None:
    broken = put(root, name, content)
    whole = [
        put(root, f"zz/{OTHER}.main.so", library()),
        put(root, f"zz/{OTHER}.main.cpp", b"int main() {}"),
        put(root, "fxgraph/ab/fabc/good", b"\x80\x04N."),
        put(root, "fxgraph/ab/fabc/.12.34.tmp", b"\x80\x04half"),
        put(root, "precompiled_headers/x.h.gch", b"gpch+014 and all the rest"),
    ]
    inductor_cache.remove_broken()
    assert not broken.exists()
    assert all(path.exists() for path in whole)
    (line,) = caplog.messages
    assert str(broken) in line
    inductor_cache.remove_broken()
    assert len(caplog.messages) == 1


@pytest.mark.parametrize(
    ("name", "locks"),
    [(f"a2/{KEY}.main.so", "locks"), (f"headers/{KEY}.h.gch", "headers/locks")],
)
def test_what_somebody_is_writing_is_left_alone(root: Path, name: str, locks: str) -> None:
    path = put(root, name, b"")
    with put(root, f"{locks}/{KEY}.lock", b"").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        inductor_cache.remove_broken()
        assert path.exists()
    inductor_cache.remove_broken()
    assert not path.exists()


def test_what_an_error_names_is_doubted_once_and_only_if_it_is_old(root: Path) -> None:
    files = [
        put(root, f"a2/{KEY}.main.so", library()),
        put(root, f"a2/{KEY}.main.cpp", b"int"),
        put(root, f"{KEY}.h.gch", b"gpch"),
    ]
    kept = put(root, f"zz/{OTHER}.main.so", library())
    error = RuntimeError("compiling failed")
    error.__cause__ = ImportError("no kernel in it", path=str(files[0]))
    now = time.time()
    for path in files:
        os.utime(path, (now - 60, now - 60))
    assert not inductor_cache.remove_named(RuntimeError("no names"), now)
    assert inductor_cache.remove_named(error, now)
    assert not any(path.exists() for path in files)
    assert kept.exists()
    put(root, f"a2/{KEY}.main.so", library())
    assert not inductor_cache.remove_named(error, time.time() + 60), "another cause"
    fresh = ImportError("no kernel in it", path=str(kept))
    assert not inductor_cache.remove_named(fresh, now - 60), "it was made in this very attempt"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "/srv/cache/a"), "disk is full"),
        (RuntimeError("C++ compile error\nld: final link failed: No space left on device"), "full"),
        (RuntimeError("g++: fatal error: Killed signal terminated program cc1plus"), "memory"),
        (FileNotFoundError(2, "No such file or directory", "g++"), r"no working C\+\+ compiler"),
        (FileNotFoundError(2, "No such file or directory", "openssl"), "not here: .*'openssl'"),
        (PermissionError(13, "Permission denied", "/srv/cache/a"), "cache on disk.*…/a"),
        (ImportError("/srv/cache/a/x.main.so: file too short"), "loaded: .*file too short"),
        (ValueError("in /srv/secret/here.py"), r"torch.compile failed: ValueError: in …/here.py"),
    ],
)
def test_a_failure_tells_the_cause_and_no_folder(error: Exception, said: str) -> None:
    failure = explained("planes", error, ["heard in /srv/secret/step.py"])
    with pytest.raises(type(failure), match=said):
        raise failure
    assert "/srv" not in failure.reason + failure.details
    assert "\n" not in failure.reason


# Chunk sizes 1 and 2 are two kernels, each to be damaged in a way of its own.
TWO_KERNELS = """
    import logging, sys
    from mandel_core import StageFailure, Viewport, render
    logging.basicConfig(format="log: %(message)s")
    view = Viewport.from_bounds(-2, 0.5, -1.25, 1.25, 24, 20)
    for size in (1, 2):
        frame = render(view, "cheap", 6, chunksize=size)
        print(size, int(frame.iterations.sum()), flush=True)
"""


def compile_two(cache: Path, **more: str) -> subprocess.CompletedProcess[str]:
    code = textwrap.dedent(TWO_KERNELS)
    env = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": str(cache / "inductor"), "TMPDIR": str(cache)}
    return subprocess.run(
        [sys.executable, "-c", code], env=env | more, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no ELF files")
@pytest.mark.timeout(900)
def test_kernels_whose_files_are_broken_are_compiled_again_in_the_same_run(tmp_path: Path) -> None:
    before = compile_two(tmp_path)
    assert before.returncode == 0, before.stderr
    cache = tmp_path / "inductor"
    sources = [path.read_text() for path in cache.rglob("*.cpp")]
    assert sources
    assert not any("_chk_kernel" in source for source in sources), "no trial of instructions"
    kernels = cache.rglob("*.main.so")
    first, second = sorted(kernels, key=lambda path: path.stat().st_mtime)[:2]
    first.write_bytes(b"")  # "file too short"
    second.write_bytes(second.read_bytes()[:1000])  # the end of the process that loads it
    (header,) = tmp_path.rglob("*.gch")
    os.truncate(header, header.stat().st_size // 3)  # only the compiler sees that it is cut
    after = compile_two(tmp_path)
    assert after.returncode == 0, after.stderr
    assert after.stdout == before.stdout
    assert after.stderr.count("left half written") == 2
    assert after.stderr.count("removed, for with them") == 1
    for path in (first, second):
        whole = path.read_bytes()
        assert not is_cut(whole[:64], len(whole))
    header.unlink()  # 150 MB

"""What torch and its compilers raise, in a sentence for people."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable

from mandel_core.model.failures import FailureKind, StageFailure, without_folders

# The first of these that knows the error speaks for it. What is looked for are the names of torch's
# exceptions, and what the system and the compiler say.
_REASONS: tuple[tuple[str, FailureKind, Callable[[str], str]], ...] = (
    (
        rf"No space left on device|Disk quota exceeded|\[Errno ({errno.ENOSPC}|{errno.EDQUOT})\]",
        "error",
        lambda words: "The disk is full: the compiler cannot write what it makes.",
    ),
    (
        "Killed signal terminated program|Cannot allocate memory|virtual memory exhausted",
        "error",
        lambda words: "There is not enough memory for the C++ compiler.",
    ),
    (
        "FailOnRecompileLimitHit",
        "recompile-limit",
        lambda words: (
            "torch.compile gave up at its recompile limit: the step was compiled anew for every "
            "value of a Python number it takes for a constant."
        ),
    ),
    (
        r"InvalidCxxCompiler|No such file or directory: '[^/']*(\+\+|clang|gcc)[^/']*'",
        "no-compiler",
        lambda words: (
            "torch.compile found no working C++ compiler (g++ or clang++), which it needs to make "
            "CPU kernels."
        ),
    ),
    (
        "No such file or directory: '[^/']+'",
        "no-compiler",
        lambda words: f"A program that torch.compile needs is not here: {words}",
    ),
    ("CppCompileError", "no-compiler", lambda words: "The C++ compiler rejected the kernel."),
    (
        "TritonMissing",
        "no-compiler",
        lambda words: "torch.compile found no working Triton, which it needs to make GPU kernels.",
    ),
    ("Unsupported", "graph-break", lambda words: f"torch.compile cannot trace the step: {words}"),
    (
        "TorchRuntimeError",
        "unsupported",
        lambda words: f"torch.compile cannot trace the step on this torch: {words}",
    ),
    (
        "OSError|PermissionError|NotADirectoryError|FileExistsError",
        "error",
        lambda words: f"The compiler cannot use its cache on disk: {words}",
    ),
    (
        r"\.so: ",
        "error",
        lambda words: f"What the compiler made cannot be loaded: {words}",
    ),
    ("", "error", lambda words: f"torch.compile failed: {words}"),
)


def explained(stage: str, error: Exception, messages: list[str]) -> StageFailure:
    """The failure that this error is, with what Dynamo said before among its details."""
    text = f"{type(error).__name__}: {error}"
    cause = getattr(error, "inner_exception", error)
    first = f"{type(cause).__name__}: {cause}".partition("\n")[0]
    detail = next((line for line in text.splitlines() if "got " in line), first)
    words = without_folders(detail.partition("got ")[2] or detail)
    kind, reason = next((k, say(words[:200])) for what, k, say in _REASONS if re.search(what, text))
    details = "\n".join([*messages, text])
    return StageFailure(stage, kind, reason, without_folders(details))

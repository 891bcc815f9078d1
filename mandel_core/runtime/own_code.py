"""Functions of one's own on their way to other processes: by value, with their text."""

from __future__ import annotations

import inspect
import itertools
import keyword
import linecache
import sys
import types
from collections.abc import Iterable
from typing import Any

import cloudpickle

_versions = itertools.count()


def check_name(kind: str, name: Any) -> None:
    """Raises ValueError, in one sentence, for what cannot be the name of a stage or a formula."""
    if not (isinstance(name, str) and name.isidentifier() and name.islower() and name.isascii()):
        raise ValueError(f"a {kind}'s name is a lower-case identifier, which {name!r} is not")
    if keyword.iskeyword(name):
        raise ValueError(f"{name!r} is a keyword of Python")


def check_function(name: str, step: Any, arguments: tuple[str, ...], what: str) -> None:
    """Raises ValueError, in one sentence, for what is no plain function of these arguments."""
    if not isinstance(step, types.FunctionType):
        raise ValueError(
            f"a step is a plain Python function, not yet compiled; {name!r} is given "
            f"{type(step).__name__}"
        )
    try:
        inspect.signature(step).bind(*arguments)
    except TypeError as error:
        raise ValueError(
            f"a step {what} takes {', '.join(arguments)}, and "
            f"{step.__name__}{inspect.signature(step)} does not: {error}"
        ) from None


def lines_of(functions: Iterable[types.FunctionType]) -> dict[str, list[str]]:
    """The lines of the files or cells that functions were written in, where they are at hand."""
    files = {function.__code__.co_filename for function in functions}
    return {file: lines for file in files if (lines := linecache.getlines(file))}


def register_lines(known: dict[str, list[str]]) -> None:
    """Have the text of functions from elsewhere at hand here."""
    for file, lines in known.items():
        # Without a time of change it is never looked for on disk.
        linecache.cache[file] = (sum(map(len, lines)), None, lines, file)


def pickled(name: str, step: types.FunctionType, parts: dict[str, Any]) -> bytes:
    """The step by value, also where a module could be imported: it may be edited meanwhile.

    Raises ValueError, in one sentence, for what cannot be pickled.
    """
    module = sys.modules.get(step.__module__ or "")
    by_value = module is not None and module.__name__ != "__main__"
    if by_value:
        cloudpickle.register_pickle_by_value(module)
    try:
        data: bytes = cloudpickle.dumps((step, parts))
    except Exception as error:
        raise ValueError(
            f"the step {name!r} cannot be sent to the process that computes: {error}"
        ) from error
    finally:
        if by_value:
            cloudpickle.unregister_pickle_by_value(module)
    return data


def unpickled(name: str, definition: bytes) -> tuple[types.FunctionType, dict[str, Any]]:
    """What `pickled` was given, as a copy that nothing else can change.

    The step's globals get a module, in which Dynamo looks for the helpers it inlines.
    """
    step, parts = cloudpickle.loads(definition)
    module = types.ModuleType(f"mandel_own_{name}_{next(_versions)}")
    step.__globals__["__name__"] = step.__module__ = module.__name__
    vars(module).update(step.__globals__)
    sys.modules[module.__name__] = module
    return step, parts

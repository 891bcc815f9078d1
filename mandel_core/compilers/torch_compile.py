"""torch.compile: what is compiled is kept, its compile time told, its failures explained.

Everything here that touches torch imports it when called, so that the stages that do without
torch start without it.
"""

from __future__ import annotations

import itertools
import logging
import time
import types
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from mandel_core.compilers import inductor_cache, vector_trial
from mandel_core.compilers.arrays import HOST, ArrayLocation
from mandel_core.compilers.torch_devices import devices
from mandel_core.compilers.torch_failures import explained
from mandel_core.model.failures import StageFailure
from mandel_core.model.job import Job
from mandel_core.model.stage import Step

_log = logging.getLogger(__name__)

MAX_KERNELS = 64
_numbers = itertools.count(1)
_kernels: OrderedDict[tuple[Any, ...], Step] = OrderedDict()


# Inductor inlines what a pointwise node reads once per use, so that z -> z * z grows exponentially
# with the steps unrolled until a threshold makes it keep an intermediate. At 0 it keeps all of
# them, as local variables of one loop; the C++ compiler does the rest. Fusing must then be allowed
# to go on through as many nodes as the steps have. Which two fit together is tried for each pair
# of nodes that read the same plane, up to a limit; a few do, since the steps form a chain.
CHEAP = {
    "realize_opcount_threshold": 0,
    "realize_reads_threshold": 0,
    "max_fusion_size": 4096,
    "max_fusion_buffer_group_pairwise_attempts": 4,
}
# Off by default, which costs a third of the multiplications' slots.
FUSED_MULTIPLY_ADD = {"cpp.enable_floating_point_contract_flag": "fast"}


def compile_step(
    job: Job,
    step: Step,
    *,
    location: ArrayLocation = HOST,
    fullgraph: bool = False,
    size: int = 1,
    any_n: bool = False,
    any_length: bool = False,
    options: Mapping[str, Any] | None = None,
) -> Step:
    """`step` compiled for this job's shape, type, device and thread count; kept for the next call.

    Dynamo counts recompiles per code object and guards on shape, thread count and every Python
    number. Each combination gets a code object of its own, so that going back to a combination
    never recompiles and none uses up the recompile limit of another. `size` tells apart the
    chunk sizes of a step that has one; with `any_n` a step whose first argument is the number of
    the iteration is compiled for any of them at once; with `any_length` the step is for flat
    planes, however long, and serves every viewport. `options` are Inductor's, for this kernel only.
    The least recently used kernels are given up.
    """
    import torch

    settings, view = job.settings, job.view
    key = (
        *(step, size, any_n, None if any_length else (view.nx, view.ny)),
        *(location.tensors, fullgraph),
        *(settings.compiled_for({"device", "threads"}), tuple((options or {}).items())),
    )
    if key in _kernels:
        _kernels.move_to_end(key)
        return _kernels[key]
    own = _own_code(step)
    kernel: Step = torch.compile(
        _own_code(torch.compiler.wrap_numpy(own)) if location.tensors else own,
        fullgraph=fullgraph,
        dynamic=any_length or None,
        options=dict(options) if options else None,
    )
    if any_n:
        kernel = _for_any_n(kernel, own, location)
    _kernels[key] = kernel
    while len(_kernels) > MAX_KERNELS:
        _kernels.popitem(last=False)
    return kernel


def _for_any_n(kernel: Step, step: Step, location: ArrayLocation) -> Step:
    """`kernel`, told before its first call, which compiles it, that the first argument varies.

    Else Dynamo takes 0, the first number of an iteration, for a constant, and compiles once more
    for the second. `wrap_numpy` makes it the first of any arguments.
    """
    import torch

    code = step.__code__
    named = code.co_argcount > 0 and not location.tensors
    source = f"L['{code.co_varnames[0]}']" if named else "L['args'][0]"
    compiled = False

    def call(*args: Any) -> Any:
        nonlocal compiled
        if compiled:
            return kernel(*args)
        with torch.compiler.config.patch(dynamic_sources=source):
            result = kernel(*args)
        compiled = True
        return result

    return call


def forget(step: Step) -> None:
    """Give up the kernels of a step that is not used any more."""
    for key in [key for key in _kernels if key[0] is step]:
        del _kernels[key]


def _own_code(step: Step) -> Step:
    assert isinstance(step, types.FunctionType)
    # Dynamo remembers by name which numbers and shapes had changed between two calls, and compiles
    # for any such shape from then on. Under a new name it starts from nothing, as a user's would.
    code = step.__code__.replace(co_name=f"{step.__code__.co_name}_{next(_numbers)}")
    return types.FunctionType(
        *(code, step.__globals__, step.__name__),
        *(step.__defaults__, step.__closure__),
    )


class BrokenCacheRemoved(StageFailure):
    """Compiling failed with files that an earlier compile had left; they are removed."""


@contextmanager
def torch_session(job: Job) -> Iterator[None]:
    """What a stage on torch runs inside: its device checked, threads set, compiling timed.

    Raises StageFailure where torch, the device or the compiler cannot do it; BrokenCacheRemoved
    if it is worth trying once more.
    """
    import torch

    _require_device(job)
    callback_handler = _callback_handler(job)
    with ExitStack() as stack:
        stack.callback(torch.set_num_threads, torch.get_num_threads())
        if job.settings.threads is not None:
            torch.set_num_threads(job.settings.threads)
        callback_handler.register_start_callback(job.compile_starts)
        stack.callback(callback_handler.remove_start_callback, job.compile_starts)
        callback_handler.register_start_callback(_remove_broken_files)
        stack.callback(callback_handler.remove_start_callback, _remove_broken_files)
        callback_handler.register_end_callback(job.compile_ends)
        stack.callback(callback_handler.remove_end_callback, job.compile_ends)
        stack.enter_context(vector_trial.skipped())
        messages = stack.enter_context(_dynamo_log())
        caught = stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        since = time.time()
        try:
            _require_compiler(job)
            yield
        except torch.cuda.OutOfMemoryError as error:
            raise StageFailure(
                job.settings.stage, "error", "The device has too little memory.", str(error)
            ) from error
        except Exception as error:
            of_torch = type(error).__module__.partition(".")[0] == "torch"
            if not of_torch and not isinstance(error, OSError):
                raise
            failure = explained(job.settings.stage, error, messages)
            inductor_cache.forget()
            if inductor_cache.remove_named(error, since):
                _log.warning("The compiler's files were removed, for with them: %s", failure.reason)
                raise BrokenCacheRemoved(*failure.args) from error
            raise failure from error
        finally:
            seen = dict.fromkeys(
                str(w.message) for w in caught if not issubclass(w.category, DeprecationWarning)
            )
            job.warnings.extend(words for words in seen if words not in job.warnings)


def synchronize(device: str) -> None:
    """Wait until `device` has done all it was told, which no clock may be read before."""
    import torch

    kind = device.partition(":")[0]
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "mps":
        torch.mps.synchronize()


def _require_device(job: Job) -> None:
    device = job.settings.device
    kind = device.partition(":")[0]
    if kind not in devices():
        raise StageFailure(
            job.settings.stage,
            "no-device",
            f"This machine has no {device!r} device that torch can use; "
            f"there is {', '.join(devices())}.",
        )
    if kind == "mps" and job.settings.dtype == "float64":
        raise StageFailure(
            job.settings.stage, "no-device", "The mps device has no float64; choose the cpu."
        )


def _require_compiler(job: Job) -> None:
    """Raises what Inductor does once it has traced the step, for which nobody need wait."""
    if job.settings.device == "cpu":
        from torch._inductor.cpp_builder import get_cpp_compiler

        get_cpp_compiler()


def _callback_handler(job: Job) -> Any:
    """Dynamo's, which makes the folder of its cache as soon as it is imported."""
    try:
        from torch._dynamo.callback import callback_handler
    except OSError as error:
        raise explained(job.settings.stage, error, []) from error
    return callback_handler


def _remove_broken_files(_: object) -> None:
    inductor_cache.remove_broken()


@contextmanager
def _dynamo_log() -> Iterator[list[str]]:
    """Collect what Dynamo would print to the console, such as the reason of the last recompile."""
    logger = logging.getLogger("torch._dynamo.convert_frame")
    messages: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    listener, propagate = Listener(level=logging.WARNING), logger.propagate
    logger.addHandler(listener)
    logger.propagate = False
    try:
        yield messages
    finally:
        logger.removeHandler(listener)
        logger.propagate = propagate

"""The inside of the worker's process: take tasks from the connection, run them, send back."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from functools import cache
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import Any

from mandel_core.compilers.preparing import listening
from mandel_core.model.control import Control, Phase
from mandel_core.model.failures import Cancelled, StageFailure, without_folders
from mandel_core.rendering import drawing
from mandel_core.runtime import heap, pausing
from mandel_core.runtime.shared_memory import Channel
from mandel_core.worker import heartbeat
from mandel_core.worker.tasks import Draw, Task

_NO_MEMORY = "There is not enough memory for this; a smaller window will do."

# Bytes that a picture needs beside those that are remembered.
ROOM = 2**25

# How many new objects make Python look for those that only refer to each other. Compilers make
# millions that stay: with the usual 700 a fifth of the time to torch's first kernel goes into it.
NEW_OBJECTS = 50_000

# A process with nothing to do tidies its memory, which costs the next pictures some milliseconds.
IDLE_SECONDS, TIDY_SECONDS = 0.2, 300.0


def serve(fd: int, shared: int, paused: int, beating: int, memory: int | None) -> None:
    """Run tasks until the other end closes. The process ends with this function.

    fd, shared, paused, beating : descriptors of the connection, of the file that large results go
        through, of the one that tells of this process's pauses, and of its heartbeat.
    memory : bytes of data this process may have, None for any number; Linux only.
    """
    gc.set_threshold(NEW_OBJECTS)
    _wake_when_parent_dies()
    pausing.listen(paused)
    heartbeat.beat(beating)
    if memory is not None and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    connection: Connection[Any, Any] = Connection(fd)
    channel = Channel(connection, shared)
    tasks: SimpleQueue[tuple[int, Task[Any]]] = SimpleQueue()
    stopped: set[int] = set()
    sending = threading.Lock()

    def send(*message: Any) -> None:
        with sending:
            channel.send(message)

    def listen() -> None:
        try:
            while True:
                kind, number, *rest = connection.recv()
                if kind == "stop":
                    stopped.add(number)
                else:
                    tasks.put((number, *rest))
        except (EOFError, OSError):
            _end()
        except Exception:
            traceback.print_exc()
            os._exit(1)  # a task that cannot be read; the other end says so and starts anew

    threading.Thread(target=listen, name="listen", daemon=True).start()

    def run(number: int, task: Task[Any]) -> None:
        current: Phase = "running"

        def on_phase(phase: Phase) -> None:
            nonlocal current
            current = phase
            send("phase", number, phase)

        def on_preparing(begins: bool) -> None:
            if current != "compiling":  # else the stage says so itself
                send("phase", number, "compiling" if begins else current)

        send("begun", number, None)
        with listening(on_preparing):
            outcome = _outcome(task, Control(lambda: number in stopped, on_phase))
        send("done", number, outcome)
        stopped.discard(number)

    try:
        for number, task in _arriving(tasks):
            run(number, task)
    except OSError:  # what came of a task could not be sent; the other thread may hear of it later
        _end()


def _arriving(tasks: SimpleQueue[tuple[int, Task[Any]]]) -> Iterator[tuple[int, Task[Any]]]:
    """The tasks as they come; once in a while, when none does, the memory is tidied."""
    tidied = time.monotonic()
    while True:
        try:
            yield tasks.get(timeout=IDLE_SECONDS)
        except Empty:
            if time.monotonic() - tidied > TIDY_SECONDS:
                heap.give_back()
                if drawing.known_frames:  # this process draws
                    with contextlib.suppress(MemoryError):  # near its limit it goes on without
                        heap.reserve(ROOM)
                tidied = time.monotonic()
            yield tasks.get()


def _end() -> None:
    """Nobody is left to compute for: end, whatever is being compiled.

    This process leads a group of its own, in which the compilers are; some may have been stopped.
    """
    os.killpg(os.getpid(), signal.SIGKILL)


@cache
def _reserve_for_pictures() -> None:
    """Once, before the first picture; a process that only compiles and measures does without."""
    heap.reserve(drawing.REMEMBERED + ROOM)


def _outcome(task: Task[Any], control: Control) -> Any:
    try:
        if isinstance(task, Draw):
            _reserve_for_pictures()
        return task.run(control)
    except StageFailure as failure:
        return failure
    except Cancelled:
        return None
    except MemoryError:
        return StageFailure(task.stage, "error", _NO_MEMORY)
    except Exception as error:
        words = without_folders(f"{type(error).__name__}: {error}")[:300]
        return StageFailure(task.stage, "error", f"The stage failed: {words}")


def _wake_when_parent_dies() -> None:
    """If the parent dies while this process is stopped (SIGSTOP), have it continued.

    It then finds its connection closed and ends. Linux only; nothing like it exists elsewhere.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGCONT)

"""What this server has done and what state it is in, in Prometheus' form."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import psutil
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dashboard.compute import workers
from dashboard.server import admission
from dashboard.server.event_loop import lag
from mandel_core import StageFailure
from mandel_core.worker.tasks import Picture

QUANTILES = (0.5, 0.9, 0.95, 0.99)
# Quantiles are those of the last so many pictures.
RECENT = 2000
COMPILE_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 20, 40, 60, 90, 120, 300)

registry = CollectorRegistry()
pictures = Counter(
    "mandel_pictures",
    "Pictures asked for, by how it ended.",
    ["stage", "outcome"],
    registry=registry,
)
compiling = Histogram(
    "mandel_compile_seconds",
    "What pictures spent on compiling, where they did.",
    ["stage"],
    buckets=COMPILE_BUCKETS,
    registry=registry,
)


def watch(future: Future[Picture | StageFailure], stage: str) -> None:
    """Count a picture that was asked for now, when it is done."""
    asked = time.perf_counter()

    def done(future: Future[Picture | StageFailure]) -> None:
        if future.cancelled():
            pictures.labels(stage, "dropped").inc()
            return
        outcome = future.result()
        if isinstance(outcome, StageFailure):
            pictures.labels(stage, outcome.kind).inc()
            return
        pictures.labels(stage, "drawn").inc()
        _latencies.add(time.perf_counter() - asked)
        if outcome.compile_seconds:
            compiling.labels(stage).observe(outcome.compile_seconds)

    future.add_done_callback(done)


def text() -> tuple[bytes, str]:
    """All of it, and its content type."""
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Latencies:
    """Seconds from asking for a picture to its being there: quantiles of the last, sum of all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: deque[float] = deque(maxlen=RECENT)
        self._count, self._sum = 0, 0.0

    def add(self, seconds: float) -> None:
        with self._lock:
            self._last.append(seconds)
            self._count += 1
            self._sum += seconds

    def metric(self) -> Metric:
        name = "mandel_picture_seconds"
        metric = Metric(name, "From asking for a picture to its being there.", "summary")
        with self._lock:
            last, count, total = sorted(self._last), self._count, self._sum
        for quantile in QUANTILES:
            value = last[min(int(quantile * len(last)), len(last) - 1)] if last else float("nan")
            metric.add_sample(name, {"quantile": str(quantile)}, value)
        metric.add_sample(f"{name}_count", {}, count)
        metric.add_sample(f"{name}_sum", {}, total)
        return metric


_latencies = _Latencies()


class _State(Collector):
    """What is read when somebody asks."""

    def collect(self) -> Iterator[Any]:
        """The metrics of this moment."""
        yield _latencies.metric()
        yield GaugeMetricFamily("mandel_sessions", "Pages open.", value=admission.sessions())
        yield GaugeMetricFamily(
            "mandel_event_loop_late_seconds", "How late the event loop is.", value=lag.seconds
        )
        memory = GaugeMetricFamily("mandel_memory_bytes", "Resident memory.", labels=["process"])
        memory.add_metric(["server"], psutil.Process().memory_info().rss)
        waiting = GaugeMetricFamily(
            "mandel_waiting", "Tasks that wait for the one under way.", labels=["process"]
        )
        answers = GaugeMetricFamily(
            "mandel_process_answers", "1 if the process gives signs of life.", labels=["process"]
        )
        replaced = CounterMetricFamily(
            "mandel_replaced", "Processes replaced.", labels=["process", "reason"]
        )
        for role, process in workers.pool().health().items():
            memory.add_metric([role], process.memory)
            waiting.add_metric([role], process.waiting)
            answers.add_metric([role], float(process.answers))
            for reason, count in process.replaced.items():
                replaced.add_metric([role, reason], count)
        yield from (memory, waiting, answers, replaced)


registry.register(_State())

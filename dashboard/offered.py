"""What an explorer offers to choose from: the devices of its machine, what has been registered."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from concurrent.futures import Future

from dashboard.compute import workers
from dashboard.document import InDocument
from dashboard.params import Params
from dashboard.state import HOME, formula_names, stage_names
from mandel_core import FORMULAS, STAGES, StageFailure


class Offered:
    """Keeps what one explorer's params can be set to up to date, for as long as it is held.

    notify : called with a sentence that has to be shown.
    notices : sentences that are shown already, and are to stay beside it.
    """

    def __init__(
        self,
        params: Params,
        in_document: InDocument,
        notify: Callable[[str], None],
        notices: tuple[str, ...],
    ) -> None:
        self._params, self._in_document = params, in_document
        self._notify, self._notices = notify, notices
        _everywhere.add(self)
        cpu_and = ["cpu"] if params.device == "cpu" else ["cpu", params.device]
        params.param.device.objects = cpu_and
        known = weakref.ref(self)  # the future is kept for all who come later

        def on_devices(future: Future[tuple[str, ...] | StageFailure]) -> None:
            if not future.cancelled() and (offered := known()) is not None:
                in_document(offered.on_devices, future.result())

        workers.devices().add_done_callback(on_devices)

    def on_devices(self, present: tuple[str, ...] | StageFailure) -> None:
        """Have only the devices to choose from that are here, and say so if the one is not."""
        if isinstance(present, StageFailure):
            present = ("cpu",)
        params = self._params
        if params.device not in present:
            missing, params.device = params.device, "cpu"
            word = f"This machine has no {missing} device; the cpu is used instead."
            self._notify("\n".join([*self._notices, word]))
        params.param.device.objects = list(present)

    def on_formulas(self, name: str) -> None:
        """A formula was registered, or taken away; one that is shown is drawn anew."""
        params = self._params
        params.param.formula.objects = formula_names()
        if params.formula == name:
            if name in FORMULAS:
                params.param.trigger("formula")
            else:
                params.formula = HOME.formula

    def on_stages(self, name: str) -> None:
        """A stage was registered, or taken away; one that is shown is drawn anew."""
        params = self._params
        params.param.stage.objects = stage_names()
        if params.stage == name and name in STAGES:
            params.param.trigger("stage")

    def later_stages(self, name: str) -> None:
        """Call `on_stages` where models may be changed."""
        self._in_document(self.on_stages, name)

    def later_formulas(self, name: str) -> None:
        """Call `on_formulas` where models may be changed."""
        self._in_document(self.on_formulas, name)


_everywhere: weakref.WeakSet[Offered] = weakref.WeakSet()


def _on_stage(name: str) -> None:
    Params.param.stage.objects = stage_names()
    for offered in tuple(_everywhere):
        offered.later_stages(name)


def _on_formula(name: str) -> None:
    Params.param.formula.objects = formula_names()
    for offered in tuple(_everywhere):
        offered.later_formulas(name)


STAGES.watch(_on_stage)
FORMULAS.watch(_on_formula)

"""What is said beside the picture: a notice, and what is known of the picture on screen."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from dashboard.lab import stored
from dashboard.lab.baseline import Baseline
from dashboard.view.describe import describe
from dashboard.widgets.notice import Notice
from mandel_core import STAGES, Measurement, StageFailure
from mandel_core.words import count
from mandel_core.worker.tasks import Picture

# Not opacity: it has to be legible still.
_OUTDATED = {"color": "var(--dim)", "font-style": "italic"}
_CURRENT = {"color": "inherit", "font-style": "normal"}


class Status:
    """One explorer's notice, and the lines on the picture at rest.

    in_document : calls back where models may be changed, from any thread.
    go_back : called when the way back to a view with an outside is taken.
    """

    def __init__(self, in_document: Callable[..., None], go_back: Callable[[], None]) -> None:
        self._in_document = in_document
        # Not panes: in a notebook each update of a pane sends its style sheets' CDN addresses.
        self.about = pn.widgets.StaticText(sizing_mode="stretch_width", css_classes=["about"])
        self._notice = Notice("Back to where there was more to see", go_back)
        self.notice = self._notice.panel
        self.baseline = Baseline()
        self._picture: Picture | None = None  # at rest
        self._timed: float | None = None  # seconds of its kernel, when warm
        self._of_file = ""
        stored.watch(self._on_stored)

    def begin(self, notices: tuple[str, ...]) -> None:
        """Show these sentences, and what is wrong with the file of results."""
        self._of_file = stored.notice()
        if told := "\n".join(filter(None, [*notices, self._of_file])):
            self.notify(told)

    def notify(self, text: str, words: str = "", topic: str = "") -> None:
        """Show one notice; see `Notice.show`."""
        self._notice.show(text, words, topic=topic)

    def is_news(self, notice: str) -> bool:
        """Whether this about the file of results has to be said now: it was not said last."""
        before, self._of_file = self._of_file, notice
        return notice not in ("", before)

    def on_file(self, notice: str) -> None:
        """The file of results was written, or could not be; in any thread."""
        self._in_document(lambda: self.notify(notice) if self.is_news(notice) else None)

    def on_rest(self, picture: Picture) -> None:
        """A picture whose view has stood still is on screen."""
        if picture.settings.stage == "numpy":
            self.baseline.drawn(picture.view, picture.settings, picture.run_seconds)
        self._picture, self._timed = picture, None
        if picture.all_interior:
            limit = count(picture.settings.maxiter, "iteration")
            self._notice.show(f"No point of this view escapes within {limit}.", offer=True)
        elif picture.notice:
            self.notify(picture.notice)
        elif self._notice.offers:
            self.notify("")

    def on_outdated(self) -> None:
        """What is said is not of the view on screen, whose own picture takes long."""
        self.about.styles = _OUTDATED

    def on_timed(self, picture: Picture, seconds: float) -> None:
        """The kernel of this picture takes so long when it is warm."""
        if picture is self._picture:
            self._timed = seconds
            self.refresh()

    def on_failed(self, failure: StageFailure) -> None:
        """Say why there is no picture; the one on screen stays."""
        title = STAGES[failure.stage].title if failure.stage in STAGES else failure.stage
        limited = failure.kind in {"too-long", "too-large", "not-allowed"}
        kept = "" if limited else " The picture shown is the last one that could be made."
        what = f"{title}: " if limited else f"{title} cannot run here. "
        self.notify(what + failure.reason + kept, failure.details.strip())

    def refresh(self) -> None:
        """Say what is known of the picture at rest."""
        self._describe()
        self.about.styles = _CURRENT

    def _on_stored(self, measured: Measurement) -> None:
        """In any thread."""
        if self._picture is not None and measured.view == self._picture.view:
            self._in_document(self._describe)

    def _describe(self) -> None:
        picture = self._picture
        if picture is not None:
            known = self.baseline.seconds(picture.view, picture.settings)
            measured = stored.latest(picture.view, picture.settings)
            self.about.value = describe(picture, known, self._timed, measured)

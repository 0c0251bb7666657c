"""The change since the prior image beside the current one: in the zones of the image, and in the score panel."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.library.patients import patient_of
from app.panels.scores import ScoresPanel
from app.presenters.current_image import CurrentImage
from app.presenters.prior_image import PriorImage, date_of
from app.report.score_differences import signed
from app.session.score_change import ScoreChange, change_between
from app.session.session import Session
from bsnet_core.brixia import ZONES
from bsnet_core.language import translate as _


class ChangeSincePrior(QObject):
    """Follows the latest prior image shown, and shows nothing where either prediction must not be seen."""

    def __init__(
        self,
        session: Session,
        prior: PriorImage,
        shown: CurrentImage,
        scores: ScoresPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._prior, self._shown, self._scores = session, prior, shown, scores
        prior.choice_changed.connect(self._show)
        session.current_changed.connect(lambda key: self._show())
        session.image_changed.connect(self._follow)
        session.visibility_changed.connect(lambda visibility: self._show())

    def _follow(self, key: int) -> None:
        current = self._session.current
        if key == self._prior.key or (current is not None and key == current.key):
            self._show()

    def _show(self) -> None:
        change, date = self._change()
        self._shown.mark_changes({} if change is None else change.zones)
        self._scores.show_change("" if change is None else describe_change(change, date))

    def _change(self) -> tuple[ScoreChange | None, str]:
        current, key = self._session.current, self._prior.key
        if current is None or key is None:
            return None, ""
        prior = self._session.image(key)
        # Another patient's image may have come to the screen, and its own prior be looked for still.
        if key == current.key or patient_of(prior.metadata) != patient_of(current.metadata):
            return None, ""
        return change_between(self._session.shown(key), self._session.shown(current.key)), date_of(prior.metadata)


def describe_change(change: ScoreChange, date: str) -> str:
    """The change of all zones and of the global score in one line."""
    zones = "  ".join(f"{zone.name} {signed(change.zones[zone])}".replace(" ", "\u00a0") for zone in ZONES)
    line = _("Δ since {date}: {zones}  global {total}").replace(" {total}", "\u00a0{total}")
    return line.format(date=date, zones=zones, total=signed(change.total))

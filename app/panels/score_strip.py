"""The scores in one line above the image, for full screen, where the panes are folded."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from app.session.readings import describe_total
from app.session.session import Session
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.language import translate as _
from bsnet_core.partial_score import entry_text, score_of_entries

NOT_ENTERED = "–"


class ScoreStrip(QFrame):
    """The reader's zones and, unless it is hidden, the prediction's; a button leaves full screen.

    Args:
        session: Decides what may be shown of the prediction.
        leave: The action of full screen.
        parent: Parent widget.
    """

    def __init__(self, session: Session, leave: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._zone: Zone | None = None
        self._label = QLabel("", self)
        self._label.setAccessibleName(_("Scores"))
        self._progress = QLabel("", self)
        self._progress.setAccessibleName(_("Progress of reading"))
        self._leave = QToolButton(self)
        self._leave.setDefaultAction(leave)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 2, 2)
        layout.addWidget(self._label, 1)
        layout.addWidget(self._progress)
        layout.addWidget(self._leave)
        for changed in (session.current_changed, session.image_changed, session.draft_changed):
            changed.connect(self.refresh)
        session.visibility_changed.connect(self.refresh)
        session.emptied.connect(self.refresh)
        self.refresh()
        self.hide()

    @property
    def text(self) -> str:
        """The line as shown."""
        return self._label.text()

    def show_turn(self, zone: Zone | None) -> None:
        """Marks the zone that the next key scores."""
        self._zone = zone
        self.refresh()

    def show_progress(self, line: str) -> None:
        """Shows how many images are read."""
        self._progress.setText(line)

    def refresh(self, *_unused: object) -> None:
        """Writes the line for the current image."""
        current = self._session.current
        if current is None:
            self._label.setText("")
            return
        image = self._session.shown(current.key)  # without what a blind reader must not see
        own = image.own_entries(self._session.reader)
        parts = [_("Yours: {zones}").format(zones=self._zones(own))]
        if image.prediction is not None:
            score = image.prediction.score
            predicted = self._zones({zone: score[zone] for zone in ZONES}, marks=False)
            parts.append(_("Predicted: {zones}").format(zones=predicted))
        elif current.prediction is not None:
            parts.append(_("Hidden until you save"))
        self._label.setText("     ".join(parts))

    def _zones(self, scores: dict[Zone, int], *, marks: bool = True) -> str:
        said = " ".join(
            f"{'▸' if marks and zone is self._zone else ''}{zone.name}\u00a0"
            f"{entry_text(scores[zone]) if zone in scores else NOT_ENTERED}"
            for zone in ZONES
        )
        total = describe_total(score_of_entries(scores)) if len(scores) == len(ZONES) else NOT_ENTERED
        return f"{said} · {total}"

"""The line at the bottom: what the network is doing, how to stop it, and that this is no medical device."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QSizePolicy, QStatusBar, QWidget

from bsnet_core.language import translate as _

PROGRESS_AFTER_MS = 500
PROGRESS_WIDTH_PX = 160
PROGRESS_STEPS = 1000


def disclaimer() -> str:
    """What the window says at all times."""
    return _("Research software — not a medical device")


class StatusLine(QStatusBar):
    """Progress shows only where work lasts; the disclaimer always."""

    def __init__(self, cancel: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._progress = QProgressBar(self)
        self._progress.setRange(0, PROGRESS_STEPS)
        self._progress.setFixedWidth(PROGRESS_WIDTH_PX)
        self._progress.setAccessibleName(_("Progress of the analysis"))
        self._cancel = QPushButton(_("Cancel"), self)
        self._cancel.setToolTip(cancel.toolTip())
        self._cancel.clicked.connect(cancel.trigger)
        cancel.changed.connect(lambda: self._cancel.setToolTip(cancel.toolTip()))
        self._stage = QLabel("", self)
        self._stage.setAccessibleName(_("Stage of the analysis"))
        # A long stage is cut rather than making the window wider.
        self._stage.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        said = QLabel(disclaimer(), self)
        said.setObjectName("disclaimer")
        self._batch = QLabel("", self)
        self._batch.setAccessibleName(_("Progress over all studies"))
        self._probe = QLabel("", self)
        self._probe.setAccessibleName(_("Values under the pointer"))
        self._probe.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.addWidget(self._probe, 1)
        self._probe.hide()
        for widget, stretch in ((self._progress, 0), (self._cancel, 0), (self._batch, 0), (self._stage, 1)):
            self.addWidget(widget, stretch)
            widget.hide()
        self.addPermanentWidget(said)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(PROGRESS_AFTER_MS)
        self._delay.timeout.connect(lambda: self._show_progress(True))

    def show_stage(self, stage: str, fraction: float) -> None:
        """Tells which step runs and how far all of them are, in [0, 1]."""
        self._stage.setText(stage)
        self._stage.setToolTip(stage)
        self._progress.setValue(round(fraction * PROGRESS_STEPS))

    @property
    def probe_text(self) -> str:
        """What is said of the pixel under the pointer; empty while nothing is."""
        return "" if self._probe.isHidden() else self._probe.text()

    def show_probe(self, text: str) -> None:
        """Tells the values of the pixel under the pointer; nothing where empty."""
        self._probe.setText(text)
        self._probe.setVisible(bool(text))

    def show_batch(self, done: int, size: int) -> None:
        """Tells how many of all studies are analysed; a size of 0 ends it."""
        self._batch.setText(_("{done} of {size} studies").format(done=done, size=size))
        self._batch.setVisible(size > 0)

    def show_busy(self, busy: bool) -> None:
        """Shows progress once work has lasted a moment, and hides it when it ends."""
        if busy:
            self._progress.setValue(0)
            self._delay.start()
        else:
            self._delay.stop()
            self._show_progress(False)

    def _show_progress(self, shown: bool) -> None:
        for widget in (self._progress, self._cancel, self._stage):
            widget.setVisible(shown)

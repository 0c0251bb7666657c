"""The line at the bottom of the window: progress of the network, values under the pointer, and the disclaimer."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QSizePolicy, QStatusBar, QWidget

from bsnet_core.intended_use import research_only
from bsnet_core.language import translate as _

PROGRESS_AFTER_MS = 500
PROGRESS_WIDTH_PX = 160
PROGRESS_STEPS = 1000


class StatusLine(QStatusBar):
    """Always shows the disclaimer; shows progress once work has lasted a moment.

    Args:
        cancel: The action that stops the network, for the button beside the progress bar.
        parent: The window.
    """

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
        # A long text is cut off instead of making the window wider.
        self._stage.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        disclaimer = QLabel(research_only(), self)
        disclaimer.setObjectName("disclaimer")
        self._batch = QLabel("", self)
        self._batch.setAccessibleName(_("Progress for all images"))
        self._probe = QLabel("", self)
        self._probe.setAccessibleName(_("Values under the pointer"))
        self._probe.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.addWidget(self._probe, 1)
        self._probe.hide()
        for widget, stretch in ((self._progress, 0), (self._cancel, 0), (self._batch, 0), (self._stage, 1)):
            self.addWidget(widget, stretch)
            widget.hide()
        self.addPermanentWidget(disclaimer)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(PROGRESS_AFTER_MS)
        self._delay.timeout.connect(lambda: self._show_progress(True))

    def show_stage(self, stage: str, fraction: float) -> None:
        """Shows the current step, and how much of all steps is done, in [0, 1]."""
        self._stage.setText(stage)
        self._stage.setToolTip(stage)
        self._progress.setValue(round(fraction * PROGRESS_STEPS))

    @property
    def probe_text(self) -> str:
        """The values shown of the pixel under the pointer; empty while none are."""
        return "" if self._probe.isHidden() else self._probe.text()

    def show_probe(self, text: str) -> None:
        """Shows the values of the pixel under the pointer; an empty text hides them."""
        self._probe.setText(text)
        self._probe.setVisible(bool(text))

    def show_batch(self, done: int, size: int) -> None:
        """Shows how many of all images are analysed; a size of 0 hides it."""
        self._batch.setText(_("{done} of {size} images").format(done=done, size=size))
        self._batch.setVisible(size > 0)

    def show_busy(self, busy: bool) -> None:
        """Shows progress once work has lasted a moment, or hides it."""
        if busy:
            self._progress.setValue(0)
            self._delay.start()
        else:
            self._delay.stop()
            self._show_progress(False)

    def _show_progress(self, shown: bool) -> None:
        for widget in (self._progress, self._cancel, self._stage):
            widget.setVisible(shown)

"""All saved readings of an image with their values, superseded ones too; read-only."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.session.readings import Reading, describe_total, last_reading_of, name_of_reader
from bsnet_core.brixia import ZONES
from bsnet_core.language import translate as _
from bsnet_core.partial_score import entry_text


class SavedReadings(QTableWidget):
    """One row per reading, the latest first: when, who, the six zones, the global score, how, and the comment."""

    def __init__(self, parent: QWidget | None = None) -> None:
        heads = [_("Saved"), _("Reader"), *(zone.name for zone in ZONES), _("Global score"), _("State"), _("Comment")]
        super().__init__(0, len(heads), parent)
        self.setHorizontalHeaderLabels(heads)
        self.setAccessibleName(_("Saved readings of this image"))
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(16)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)

    def show_readings(self, readings: Sequence[Reading]) -> None:
        """Fills the table.

        Args:
            readings: All readings of the image that may be shown.
        """
        latest_first = sorted(readings, key=lambda reading: reading.saved_at, reverse=True)
        self.setRowCount(len(latest_first))
        for row, reading in enumerate(latest_first):
            is_last = last_reading_of(readings, reading.reader) == reading
            states = [] if is_last else [_("superseded")]
            states += [_("blind")] if reading.blind else []
            texts = (
                reading.saved_at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
                name_of_reader(reading.reader),
                *(entry_text(reading.score[zone]) for zone in ZONES),
                describe_total(reading.score),
                ", ".join(states),
                reading.comment,
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(" ".join(text.split()))
                item.setToolTip(text)
                self.setItem(row, column, item)

"""The zones of a panel, laid out as on the image."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.canvas.drawing.orientation import side_names
from bsnet_core.brixia import Zone

STANDARD = ("L", "F")


class ZoneGrid(QGridLayout):
    """The zones' cells in two columns as on the image, each below the side of the patient."""

    def __init__(self, cells: Mapping[Zone, QWidget], parent: QWidget) -> None:
        """Args: parent: The widget whose layout this is a part of."""
        super().__init__()
        self.setSpacing(6)
        self._headings = (QLabel(parent), QLabel(parent))
        for column, label in enumerate(self._headings):
            label.setObjectName("side")
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self.addWidget(label, 0, column)
            self.setColumnStretch(column, 1)
        for zone, cell in cells.items():
            self.addWidget(cell, zone.row + 1, zone.column)
        self.name_sides(STANDARD)

    def name_sides(self, patient_orientation: tuple[str, str] | None) -> None:
        """Names the sides above the columns, as stated or only assumed for an image of this patient orientation."""
        for label, name in zip(self._headings, side_names(patient_orientation), strict=True):
            label.setText(name)

"""The zones of a panel, laid out as on the image."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from bsnet_core.brixia import Zone
from bsnet_core.language import translate as _


def zone_grid(cells: Mapping[Zone, QWidget], parent: QWidget) -> QGridLayout:
    """The zones' cells in two columns as on the image, each below the side of the patient."""
    grid = QGridLayout()
    grid.setSpacing(6)
    for column, side in enumerate((_("R (patient)"), _("L (patient)"))):
        label = QLabel(side, parent)
        label.setObjectName("side")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(label, 0, column)
        grid.setColumnStretch(column, 1)
    for zone, cell in cells.items():
        grid.addWidget(cell, zone.row + 1, zone.column)
    return grid

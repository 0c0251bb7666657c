"""Switches, opacity and the explanation's controls."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from bsnet_core.brixia import ZONES, Zone

ALL_ZONES = "all zones"
LEGEND = (
    "Masking these super-pixels lowers the predicted class: "
    "<span style='color:#ff961e'>■</span> 1&nbsp; <span style='color:#e12323'>■</span> 2&nbsp; "
    "<span style='color:#000000; background:#cfd4d9'>■</span> 3"
)


class OverlaysPanel(QWidget):
    """A checkbox and a slider per overlay; the explanation adds its zone, its button and its legend."""

    switched = Signal(str, bool)
    faded = Signal(str, int)
    zone_chosen = Signal(object)
    explanation_wanted = Signal()

    def __init__(self, actions: dict[str, QAction], opacity: dict[str, int], parent: QWidget | None = None) -> None:
        """Args: actions: the checkable action of every overlay; opacity: in percent."""
        super().__init__(parent)
        box = QGroupBox("Overlays", self)
        grid = QGridLayout()
        self._sliders: dict[str, QSlider] = {}
        for row, (name, action) in enumerate(actions.items()):
            check = QCheckBox(f"{action.text().replace('&', '')}  ({action.shortcut().toString()})", box)
            check.setChecked(action.isChecked())
            check.toggled.connect(action.setChecked)
            action.toggled.connect(check.setChecked)
            action.toggled.connect(lambda shown, name=name: self.switched.emit(name, shown))
            slider = QSlider(Qt.Orientation.Horizontal, box)
            slider.setRange(10, 100)
            slider.setValue(opacity[name])
            slider.setAccessibleName(f"Opacity of {check.text()}")
            slider.setToolTip("Opacity")
            slider.valueChanged.connect(lambda percent, name=name: self.faded.emit(name, percent))
            self._sliders[name] = slider
            grid.addWidget(check, row, 0)
            grid.addWidget(slider, row, 1)
        self._explain = QPushButton("Explain", box)
        self._explain.setToolTip("Compute the super-pixel map of this picture (paper, Eq. 4)")
        self._explain.setEnabled(False)
        self._explain.clicked.connect(self.explanation_wanted)
        self._zones = QComboBox(box)
        self._zones.addItem(ALL_ZONES, None)
        for zone in ZONES:
            self._zones.addItem(f"zone {zone.name}", zone)
        self._zones.setAccessibleName("Zone explained")
        self._zones.currentIndexChanged.connect(lambda: self.zone_chosen.emit(self.chosen_zone))
        legend = QLabel(LEGEND, box)
        legend.setWordWrap(True)
        legend.setObjectName("small")
        row_layout = QHBoxLayout()
        row_layout.addWidget(self._explain)
        row_layout.addWidget(self._zones)
        inside = QVBoxLayout(box)
        inside.setContentsMargins(0, 6, 0, 0)
        inside.addLayout(grid)
        inside.addLayout(row_layout)
        inside.addWidget(legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(box)

    @property
    def chosen_zone(self) -> Zone | None:
        """The zone whose map is shown; None for all."""
        value = self._zones.currentData()
        return value if isinstance(value, Zone) else None

    def choose_zone(self, zone: Zone | None) -> None:
        """Shows one zone's map, or all."""
        self._zones.setCurrentIndex(0 if zone is None else ZONES.index(zone) + 1)

    def allow_explaining(self, allowed: bool) -> None:
        """Whether there is a result to explain and nothing else going on."""
        self._explain.setEnabled(allowed)

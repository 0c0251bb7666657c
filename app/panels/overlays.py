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

from app.session import Study
from bsnet_core.brixia import ZONES, Zone

ALL_ZONES = "all zones"
LEGEND = (
    "Parts that speak for the predicted score: "
    "<span style='color:#ff961e'>■</span>&nbsp;1 &nbsp;<span style='color:#e12323'>■</span>&nbsp;2 &nbsp;"
    "<span style='color:#000000; background:#cfd4d9'>■</span>&nbsp;3"
)


class OverlaysPanel(QWidget):
    """A checkbox and a slider per overlay; the explanation adds its zone, its button and its legend."""

    switched = Signal(str, bool)
    faded = Signal(str, int)
    zone_chosen = Signal(object)

    def __init__(
        self, actions: dict[str, QAction], opacity: dict[str, int], explain: QAction, parent: QWidget | None = None
    ) -> None:
        """Args: actions: the checkable action of every overlay; opacity: in percent; explain: starts the map."""
        super().__init__(parent)
        box = QGroupBox("Overlays", self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        for row, (name, action) in enumerate(actions.items()):
            check = QCheckBox(f"{action.text().replace('&', '')}  ({action.shortcut().toString()})", box)
            check.setChecked(action.isChecked())
            check.setToolTip(action.toolTip())
            check.toggled.connect(action.setChecked)
            action.toggled.connect(check.setChecked)
            action.toggled.connect(lambda shown, name=name: self.switched.emit(name, shown))
            slider = QSlider(Qt.Orientation.Horizontal, box)
            slider.setRange(10, 100)
            slider.setValue(opacity[name])
            slider.setAccessibleName(f"Opacity of {check.text()}")
            slider.setToolTip("Opacity")
            slider.valueChanged.connect(lambda percent, name=name: self.faded.emit(name, percent))
            grid.addWidget(check, row, 0)
            grid.addWidget(slider, row, 1)
        self._explain = QPushButton("Explain", box)
        self._explain.setToolTip(explain.toolTip())
        self._explain.setEnabled(False)
        self._explain.clicked.connect(explain.trigger)
        self._zones = QComboBox(box)
        self._zones.addItem(ALL_ZONES, None)
        for zone in ZONES:
            self._zones.addItem(f"zone {zone.name}", zone)
        self._zones.setAccessibleName("Zone explained")
        self._zones.setToolTip("Zone whose explanation is shown")
        self._zones.currentIndexChanged.connect(lambda: self.zone_chosen.emit(self.chosen_zone))
        self._legend = QLabel("", box)
        self._legend.setWordWrap(True)
        self._legend.setObjectName("small")
        self._legend.setAccessibleName("Explanation legend")
        row_layout = QHBoxLayout()
        row_layout.addWidget(self._explain, 1)
        row_layout.addWidget(self._zones, 1)
        inside = QVBoxLayout(box)
        inside.setContentsMargins(0, 8, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(grid)
        inside.addLayout(row_layout)
        inside.addWidget(self._legend)
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

    def show_study(self, study: Study | None, *, busy: bool) -> None:
        """Follows the open study; there is something to explain once it is scored and nothing else goes on."""
        scored = study is not None and study.prediction is not None
        explained = study is not None and study.explanation is not None
        self._explain.setEnabled(scored and not busy)
        self._zones.setEnabled(explained)
        self._legend.setText(LEGEND if explained else "")
        self._legend.setVisible(explained)

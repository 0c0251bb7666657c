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

from app.canvas.overlays.explanation_map import CLASS_COLOURS, describe_strength
from app.session.open_image import OpenImage
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Mode
from bsnet_core.language import translate as _

SWATCH = "<span style='color:{colour}; background:{paper}'>■</span>&nbsp;{score}"
PAPER = "#cfd4d9"


def legend() -> str:
    """Rich text: what the explanation's colours mean."""
    swatches = " &nbsp;".join(
        SWATCH.format(colour=colour.name(), paper=PAPER if score == 3 else "transparent", score=score)
        for score, colour in CLASS_COLOURS.items()
    )
    swatches += " &nbsp;" + _("clear: none")
    colours = _("Parts that speak for the predicted score:<br>{swatches}").format(swatches=swatches)
    return f"{colours}<br>{describe_strength()}"


def plain_legend() -> str:
    """The same without colours, for screen readers."""
    words = _("Parts that speak for the predicted score: orange for 1, red for 2, black with a pale rim for 3.")
    return f"{words} {describe_strength()}"


def way_name(mode: Mode) -> str:
    """How an explanation is computed, as offered to the user."""
    return _("fast") if mode is Mode.FAST else _("exact")


def way_description(mode: Mode) -> str:
    """What the choice means, in one sentence."""
    if mode is Mode.FAST:
        return _("Nearly the same map in a fraction of the time; parts of the lungs come first.")
    return _("The paper's definition without a short cut: the whole network once per part.")


class OverlaysPanel(QWidget):
    """A checkbox and a slider per overlay; the explanation adds its button, its way, its zone and its legend."""

    switched = Signal(str, bool)
    faded = Signal(str, int)
    zone_chosen = Signal(object)
    """A `Zone`, or None for all."""
    mode_chosen = Signal(object)
    """A `Mode`: how the next explanation is to be computed."""

    def __init__(
        self, actions: dict[str, QAction], opacity: dict[str, int], explain: QAction, parent: QWidget | None = None
    ) -> None:
        """Args: actions: the checkable action of every overlay; opacity: in percent; explain: starts the map."""
        super().__init__(parent)
        box = QGroupBox(_("Overlays"), self)
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
            slider.setAccessibleName(_("Opacity of {overlay}").format(overlay=action.text().replace("&", "")))
            slider.setToolTip(_("Opacity"))
            slider.valueChanged.connect(lambda percent, name=name: self.faded.emit(name, percent))
            grid.addWidget(check, row, 0)
            grid.addWidget(slider, row, 1)
        self._explain = QPushButton(_("Explain"), box)
        self._explain.setToolTip(explain.toolTip())
        self._explain.setEnabled(False)
        self._explain.clicked.connect(explain.trigger)
        self._ways = QComboBox(box)
        for mode in (Mode.FAST, Mode.EXACT):
            self._ways.addItem(way_name(mode), mode)
            self._ways.setItemData(self._ways.count() - 1, way_description(mode), Qt.ItemDataRole.ToolTipRole)
        self._ways.setAccessibleName(_("How the explanation is computed"))
        self._ways.currentIndexChanged.connect(self._tell_way)
        self._tell_way()
        self._zones = QComboBox(box)
        self._zones.addItem(_("all zones"), None)
        for zone in ZONES:
            self._zones.addItem(_("zone {zone}").format(zone=zone.name), zone)
        self._zones.setAccessibleName(_("Zone explained"))
        self._zones.setToolTip(_("Zone whose explanation is shown"))
        self._zones.currentIndexChanged.connect(lambda: self.zone_chosen.emit(self.chosen_zone))
        self._legend = QLabel("", box)
        self._legend.setWordWrap(True)
        self._legend.setObjectName("small")
        self._legend.setAccessibleName(_("Explanation legend"))
        self._legend.setAccessibleDescription(plain_legend())
        row_layout = QHBoxLayout()
        for widget in (self._explain, self._ways, self._zones):
            row_layout.addWidget(widget, 1)
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

    @property
    def chosen_mode(self) -> Mode:
        """How the next explanation is to be computed."""
        return Mode(self._ways.currentData())

    def choose_mode(self, mode: Mode) -> None:
        """Offers this way; `mode_chosen` follows if it was another."""
        self._ways.setCurrentIndex(self._ways.findData(mode))

    def _tell_way(self) -> None:
        mode = self.chosen_mode
        self._ways.setToolTip(way_description(mode))
        self._ways.setAccessibleDescription(way_description(mode))
        self.mode_chosen.emit(mode)

    def show_image(self, image: OpenImage | None, *, busy: bool) -> None:
        """Follows the open study; there is something to explain once it is scored and nothing else goes on."""
        scored = image is not None and image.prediction is not None
        explanation = image.explanation if image is not None else None
        self._explain.setEnabled(scored and not busy)
        self._ways.setEnabled(scored and not busy)
        self._zones.setEnabled(explanation is not None)
        text = ""
        if explanation is not None:
            text = legend()
            done, count = int(explanation.is_computed.sum()), len(explanation.contributions)
            if done < count:
                text += "<br>" + _("{done} of {count} parts so far; hatched: not masked").format(done=done, count=count)
            else:
                text += "<br>" + _("Computed: {way}").format(way=way_name(explanation.mode))
        self._legend.setText(text)
        self._legend.setVisible(bool(text))

"""Switches and opacity of the overlays, and the controls of the explanation."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.canvas.overlays.map_scale import MapColours, MapView
from app.panels.map_legend import MapLegend, masking_name, mode_name
from app.session.open_image import OpenImage
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Masking, Mode
from bsnet_core.language import translate as _

CHOOSER_LETTERS, LIST_MARGIN_PX = 10, 40
SLIDER_LETTERS = 6
"""Smallest width of a slider, in digits: narrower ones cannot be taken hold of."""


def mode_description(mode: Mode) -> str:
    """Description of a mode in one sentence."""
    if mode is Mode.FAST:
        return _("An approximation of the exact map in a fraction of the time, computed in the lungs first.")
    return _("The occlusion map as defined in the paper: runs the whole network once per region.")


def colours_name(colours: MapColours) -> str:
    """Name of the map's colours, as offered to the reader."""
    return _("by severity") if colours is MapColours.SEVERITY else _("by score (paper)")


def colours_description(colours: MapColours) -> str:
    """Description of the map's colours in one sentence."""
    if colours is MapColours.SEVERITY:
        return _("One scale, in the lungs: how much less severe a zone would be without a region.")
    return _("The colours of the paper: one per score, black for 3, for regions that support the predicted score.")


def masking_description(masking: Masking) -> str:
    """Description of what masking means in one sentence."""
    return {
        Masking.EVIDENCE: _("Divides the score of each zone among the regions, without changing the image."),
        Masking.BLACK: _("As defined in the paper: blackens a region and runs the whole network, lungs included."),
        Masking.LUNGS_HELD: _("Blackens a region, and keeps lungs and alignment of the whole image."),
        Masking.SURROUNDINGS: _(
            "Gives a region the mean brightness of its surroundings, and keeps lungs and alignment of the whole image."
        ),
    }[masking]


def _follow(action: QAction, check: QCheckBox, slider: QSlider) -> None:
    """Switch and slider of an overlay that cannot be shown are disabled, and the tooltip says why."""
    check.setToolTip(action.toolTip())
    for control in (check, slider):
        control.setEnabled(action.isEnabled())


class _NarrowChooser(QComboBox):
    """A chooser that can be narrower than its longest text, which is whole in the opened list."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(CHOOSER_LETTERS)

    def showPopup(self) -> None:
        """Opens the list as wide as its texts."""
        longest = max(self.fontMetrics().horizontalAdvance(self.itemText(row)) for row in range(self.count()))
        self.view().setMinimumWidth(longest + LIST_MARGIN_PX)
        super().showPopup()


class OverlaySwitches(QWidget):
    """A checkbox and a slider per overlay; for the explanation also a button, mode, zone and legend."""

    switched = Signal(str, bool)
    """Name of an overlay, and whether it is shown."""
    faded = Signal(str, int)
    """Name of an overlay, and its opacity in percent."""
    zone_chosen = Signal(object, bool)
    """The `Zone` whose map is shown, or None for all; whether, scored 0, it shows what would make it 1."""
    mode_chosen = Signal(object)
    """The `Mode` of the next explanation."""
    masking_chosen = Signal(object)
    """The `Masking` of the next explanation."""
    colours_chosen = Signal(object)
    """The `MapColours`."""

    def __init__(
        self, actions: dict[str, QAction], opacity: dict[str, int], explain: QAction, parent: QWidget | None = None
    ) -> None:
        """Makes the panel.

        Args:
            actions: The checkable action of every overlay, by the overlay's name.
            opacity: Opacity of every overlay in percent.
            explain: The action that starts the explanation.
            parent: Parent widget.
        """
        super().__init__(parent)
        box = QGroupBox(_("Overlays"), self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        for row, (name, action) in enumerate(actions.items()):
            check, slider = self._switch_of(name, action, box), self._slider_of(name, action, opacity[name], box)
            grid.addWidget(check, row, 0)
            grid.addWidget(slider, row, 1)
            action.changed.connect(partial(_follow, action, check, slider))
        self._explain = QPushButton(_("Explain"), box)
        self._explain.setToolTip(explain.toolTip())
        self._explain.setEnabled(False)
        self._explain.clicked.connect(explain.trigger)
        self._modes = QComboBox(box)
        for mode in (Mode.FAST, Mode.EXACT):
            self._modes.addItem(mode_name(mode), mode)
            self._modes.setItemData(self._modes.count() - 1, mode_description(mode), Qt.ItemDataRole.ToolTipRole)
        self._modes.setAccessibleName(_("Mode of the explanation"))
        self._modes.currentIndexChanged.connect(self._choose_mode)
        self._image: OpenImage | None = None
        self._maskings, self._colours = self._masking_chooser(box), self._colours_chooser(box)
        self._choose_mode()
        self._zones = self._zone_chooser(box)
        self._legend = MapLegend(box)
        self._legend.asked.connect(lambda asks: self._choose_view())
        row_layout, lower_row = QHBoxLayout(), QHBoxLayout()
        for widget in (self._explain, self._modes, self._zones):
            row_layout.addWidget(widget, 1)
        for chooser in (self._maskings, self._colours):
            lower_row.addWidget(chooser, 1)
        inside = QVBoxLayout(box)
        inside.setContentsMargins(0, 8, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(grid)
        inside.addLayout(row_layout)
        inside.addLayout(lower_row)
        inside.addWidget(self._legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(box)

    def _switch_of(self, name: str, action: QAction, box: QWidget) -> QCheckBox:
        check = QCheckBox(f"{action.text().replace('&', '')}  ({action.shortcut().toString()})", box)
        check.setChecked(action.isChecked())
        check.setToolTip(action.toolTip())
        check.toggled.connect(action.setChecked)
        action.toggled.connect(check.setChecked)
        action.toggled.connect(lambda shown: self.switched.emit(name, shown))
        return check

    def _slider_of(self, name: str, action: QAction, percent: int, box: QWidget) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, box)
        slider.setRange(10, 100)
        slider.setMinimumWidth(SLIDER_LETTERS * slider.fontMetrics().horizontalAdvance("0"))
        slider.setValue(percent)
        slider.setAccessibleName(_("Opacity of {overlay}").format(overlay=action.text().replace("&", "")))
        slider.setToolTip(_("Opacity"))
        slider.valueChanged.connect(lambda percent: self.faded.emit(name, percent))
        return slider

    def _masking_chooser(self, box: QWidget) -> QComboBox:
        chooser = _NarrowChooser(box)
        for masking in (Masking.EVIDENCE, Masking.BLACK, Masking.LUNGS_HELD, Masking.SURROUNDINGS):
            chooser.addItem(masking_name(masking), masking)
            chooser.setItemData(chooser.count() - 1, masking_description(masking), Qt.ItemDataRole.ToolTipRole)
        chooser.setAccessibleName(_("Definition of the explanation"))
        chooser.setToolTip(masking_description(Masking.EVIDENCE))
        chooser.setAccessibleDescription(masking_description(Masking.EVIDENCE))
        chooser.currentIndexChanged.connect(self._choose_masking)
        return chooser

    def _zone_chooser(self, box: QWidget) -> QComboBox:
        chooser = QComboBox(box)
        chooser.addItem(_("all zones"), None)
        for zone in ZONES:
            chooser.addItem(_("zone {zone}").format(zone=zone.name), zone)
        chooser.setAccessibleName(_("Zone explained"))
        chooser.setToolTip(_("Zone whose explanation is shown"))
        chooser.currentIndexChanged.connect(self._choose_view)
        return chooser

    def _colours_chooser(self, box: QWidget) -> QComboBox:
        chooser = _NarrowChooser(box)
        for colours in MapColours:
            chooser.addItem(colours_name(colours), colours)
            chooser.setItemData(chooser.count() - 1, colours_description(colours), Qt.ItemDataRole.ToolTipRole)
        chooser.setAccessibleName(_("Colours of the explanation"))
        chooser.setToolTip(colours_description(MapColours.SEVERITY))
        chooser.currentIndexChanged.connect(self._choose_colours)
        return chooser

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
        """The mode of the next explanation."""
        return Mode(self._modes.currentData())

    def choose_mode(self, mode: Mode) -> None:
        """Chooses a mode; emits `mode_chosen` if it was another one."""
        self._modes.setCurrentIndex(self._modes.findData(mode))

    @property
    def chosen_masking(self) -> Masking:
        """The definition of masking in the next explanation."""
        return Masking(self._maskings.currentData())

    def choose_masking(self, masking: Masking) -> None:
        """Chooses what masking means; emits `masking_chosen` if it was something else."""
        self._maskings.setCurrentIndex(self._maskings.findData(masking))

    @property
    def chosen_colours(self) -> MapColours:
        """The colours of the map."""
        return MapColours(self._colours.currentData())

    def choose_colours(self, colours: MapColours) -> None:
        """Chooses the map's colours; emits `colours_chosen` if they were others."""
        self._colours.setCurrentIndex(self._colours.findData(colours))

    @property
    def _view(self) -> MapView:
        return MapView(ZONES, self.chosen_zone, self.chosen_colours, self._legend.asks_for_one)

    def _choose_view(self) -> None:
        self._legend.show_map(self._image, self._view)
        self.zone_chosen.emit(self.chosen_zone, self._legend.asks_for_one)

    def _choose_colours(self) -> None:
        self._colours.setToolTip(colours_description(self.chosen_colours))
        self._legend.show_map(self._image, self._view)
        self.colours_chosen.emit(self.chosen_colours)

    def _choose_masking(self) -> None:
        masking = self.chosen_masking
        self._maskings.setToolTip(masking_description(masking))
        self._maskings.setAccessibleDescription(masking_description(masking))
        # Evidence is the same in both modes.
        self._modes.setEnabled(self._maskings.isEnabled() and masking is not Masking.EVIDENCE)
        self.masking_chosen.emit(masking)

    def _choose_mode(self) -> None:
        mode = self.chosen_mode
        self._modes.setToolTip(mode_description(mode))
        self._modes.setAccessibleDescription(mode_description(mode))
        self.mode_chosen.emit(mode)

    def show_image(self, image: OpenImage | None, *, busy: bool) -> None:
        """Follows the open image; it can be explained once it is scored and the network is not `busy`."""
        scored = image is not None and image.prediction is not None
        explanation = image.explanation if image is not None else None
        self._explain.setEnabled(scored and not busy)
        self._maskings.setEnabled(scored and not busy)
        self._modes.setEnabled(scored and not busy and self.chosen_masking is not Masking.EVIDENCE)
        self._zones.setEnabled(explanation is not None)
        self._image = image
        self._legend.show_map(image, self._view)

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
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.canvas.overlays.explanation_map import CLASS_COLOURS, describe_strength
from app.session.open_image import OpenImage
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Masking, Mode
from bsnet_core.language import translate as _

SWATCH = "<span style='color:{colour}; background:{paper}'>■</span>&nbsp;{score}"
PAPER = "#cfd4d9"
SLIDER_LETTERS = 6
"""Smallest width of a slider, in digits: narrower ones cannot be taken hold of."""


def legend(masking: Masking = Masking.BLACK) -> str:
    """Meaning of the explanation's colours, as rich text."""
    swatches = " &nbsp;".join(
        SWATCH.format(colour=colour.name(), paper=PAPER if score == 3 else "transparent", score=score)
        for score, colour in CLASS_COLOURS.items()
    )
    swatches += " &nbsp;" + _("no colour: no support")
    colours = _("Regions that support the predicted score:<br>{swatches}").format(swatches=swatches)
    return f"{colours}<br>{describe_strength(masking)}"


def plain_legend(masking: Masking = Masking.BLACK) -> str:
    """Meaning of the explanation's colours in words, for screen readers."""
    words = _("Regions that support the predicted score: orange for 1, red for 2, black with a pale rim for 3.")
    return f"{words} {describe_strength(masking)}"


def mode_name(mode: Mode) -> str:
    """Name of a mode of the explanation, as offered to the reader."""
    return _("fast") if mode is Mode.FAST else _("exact")


def mode_description(mode: Mode) -> str:
    """Description of a mode in one sentence."""
    if mode is Mode.FAST:
        return _("An approximation of the exact map in a fraction of the time, computed in the lungs first.")
    return _("The occlusion map as defined in the paper: runs the whole network once per region.")


def masking_name(masking: Masking) -> str:
    """Name of what masking means, as offered to the reader."""
    return {
        Masking.EVIDENCE: _("evidence"),
        Masking.BLACK: _("blackened (paper)"),
        Masking.LUNGS_HELD: _("blackened, same lungs"),
        Masking.SURROUNDINGS: _("like surroundings, same lungs"),
    }[masking]


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


class OverlaySwitches(QWidget):
    """A checkbox and a slider per overlay; for the explanation also a button, mode, zone and legend."""

    switched = Signal(str, bool)
    """Name of an overlay, and whether it is shown."""
    faded = Signal(str, int)
    """Name of an overlay, and its opacity in percent."""
    zone_chosen = Signal(object)
    """The `Zone` whose map is shown, or None for all."""
    mode_chosen = Signal(object)
    """The `Mode` of the next explanation."""
    masking_chosen = Signal(object)
    """The `Masking` of the next explanation."""

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
        self._maskings = self._masking_chooser(box)
        self._choose_mode()
        self._zones = self._zone_chooser(box)
        self._legend = QLabel("", box)
        self._legend.setWordWrap(True)
        self._legend.setObjectName("small")
        self._legend.setAccessibleName(_("Explanation legend"))
        self._legend.setAccessibleDescription(plain_legend())
        row_layout = QHBoxLayout()
        for widget in (self._explain, self._modes, self._zones):
            row_layout.addWidget(widget, 1)
        inside = QVBoxLayout(box)
        inside.setContentsMargins(0, 8, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(grid)
        inside.addLayout(row_layout)
        inside.addWidget(self._maskings)
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
        chooser = QComboBox(box)
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
        chooser.currentIndexChanged.connect(lambda: self.zone_chosen.emit(self.chosen_zone))
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
        text = ""
        if explanation is not None:
            text = legend(explanation.masking)
            self._legend.setAccessibleDescription(plain_legend(explanation.masking))
            done, count = int(explanation.is_computed.sum()), len(explanation.contributions)
            if done < count:
                text += "<br>" + _("{done} of {count} regions so far; hatched: not masked").format(
                    done=done, count=count
                )
            else:
                how = masking_name(explanation.masking)
                if explanation.masking is not Masking.EVIDENCE:
                    how += f", {mode_name(explanation.mode)}"
                text += "<br>" + _("Computed: {mode}").format(mode=how)
        self._legend.setText(text)
        self._legend.setVisible(bool(text))

"""The legend of the explanation map, in colours and in words, and the question that a zone scored 0 can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from app.canvas.overlays.explanation_map import CLASS_COLOURS, severity_colours
from app.canvas.overlays.map_scale import (
    MapColours,
    MapView,
    describe_choice,
    describe_colours,
    describe_strength,
    placed_strength,
)
from app.session.open_image import OpenImage
from bsnet_core.explanation import Masking, Mode
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation

SWATCH = "<span style='color:{colour}; background:{paper}'>■</span>&nbsp;{score}"
PAPER = "#cfd4d9"
SCALE_STEPS = (15, 75, 135, 195, 255)


def legend(masking: Masking, colours: MapColours, full: float) -> str:
    """Meaning of the map's colours, as rich text.

    Args:
        masking: What masking means in the map.
        colours: The colours in use.
        full: The strength of full colour.
    """
    if colours is MapColours.SEVERITY:
        steps = [
            f"<span style='color:#{red:02x}{green:02x}{blue:02x}'>■</span>"
            for red, green, blue, _alpha in (severity_colours()[step].tolist() for step in SCALE_STEPS)
        ]
        text = _("In the lungs, how much less severe without a region:<br>{low} {swatches} {high}")
        scale = text.format(swatches="".join(steps), low=_("less"), high=_("more"))
        return f"{scale}<br>{describe_strength(masking, colours, full)}"
    swatches = " &nbsp;".join(
        SWATCH.format(colour=colour.name(), paper=PAPER if score == 3 else "transparent", score=score)
        for score, colour in CLASS_COLOURS.items()
    )
    swatches += " &nbsp;" + _("no colour: no support")
    supporting = _("Regions that support the predicted score:<br>{swatches}").format(swatches=swatches)
    return f"{supporting}<br>{describe_strength(masking, colours, full)}"


def plain_legend(masking: Masking, colours: MapColours, full: float) -> str:
    """Meaning of the map's colours in words, for screen readers."""
    return f"{describe_colours(colours)} {describe_strength(masking, colours, full)}"


def mode_name(mode: Mode) -> str:
    """Name of a mode of the explanation, as offered to the reader."""
    return _("fast") if mode is Mode.FAST else _("exact")


def masking_name(masking: Masking) -> str:
    """Name of what masking means, as offered to the reader."""
    return {
        Masking.EVIDENCE: _("evidence"),
        Masking.BLACK: _("blackened (paper)"),
        Masking.LUNGS_HELD: _("blackened, same lungs"),
        Masking.SURROUNDINGS: _("like surroundings, same lungs"),
    }[masking]


class MapLegend(QWidget):
    """Says what the map shows; invisible while there is none."""

    asked = Signal(bool)
    """Whether a zone scored 0 shows what would make it 1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel("", self)
        self._text.setWordWrap(True)
        self._text.setObjectName("small")
        self._text.setAccessibleName(_("Explanation legend"))
        self._question = QCheckBox(_("What would make it 1"), self)
        self._question.setToolTip(_("Colours the regions that support a score of 1 most in the chosen zone"))
        self._question.toggled.connect(self.asked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._question)
        layout.addWidget(self._text)
        self.show_map(None, MapView())

    @property
    def asks_for_one(self) -> bool:
        """Whether the question is asked."""
        return self._question.isChecked()

    def show_map(self, image: OpenImage | None, view: MapView) -> None:
        """Follows the image, as it may be shown, and the part of its map that is chosen."""
        explanation = None if image is None else image.explanation
        prediction = None if image is None else image.prediction
        if explanation is None or prediction is None:
            self._question.hide()
            self._text.setText("")
            self._text.setAccessibleDescription("")
            self.hide()
            return
        self._question.setVisible(view.chosen is not None and prediction.score[view.chosen] == 0)
        full = placed_strength(explanation, prediction, view).full
        choice, progress = describe_choice(view, prediction), _how_far(explanation)
        has_colour = view.chosen is None or view.score_shown_of(view.chosen, prediction) > 0
        rich, plain = [choice], [choice]
        if has_colour:
            rich.append(legend(explanation.masking, view.colours, full))
            plain.append(plain_legend(explanation.masking, view.colours, full))
        self._text.setText("<br>".join(part for part in (*rich, progress) if part))
        self._text.setAccessibleDescription(" ".join(part for part in plain if part))
        self.show()


def _how_far(explanation: Explanation) -> str:
    done, count = int(explanation.is_computed.sum()), len(explanation.contributions)
    if done < count:
        return _("{done} of {count} regions so far; hatched: not masked").format(done=done, count=count)
    how = masking_name(explanation.masking)
    if explanation.masking is not Masking.EVIDENCE:
        how += f", {mode_name(explanation.mode)}"
    return _("Computed: {mode}").format(mode=how)

"""The blocks of a report that show scores: images and score grid, tables by zone, legend of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from app.canvas.overlays.explanation_map import CLASS_COLOURS
from app.canvas.overlays.region_sentences import signed_points
from app.report.blocks import AMBER_LINE, Images, Lines, Table
from app.report.content import ReportContent
from app.report.explanation_part import StrongestRegion
from app.report.layout import (
    BODY,
    CENTRE,
    HEADING,
    LINE_GAP_MM,
    QUIET,
    RIGHT,
    RULE,
    SMALL,
    STRONG,
    Beside,
    Block,
    Sheet,
    Stacked,
    TextStyle,
)
from app.report.prior_change import PriorChange
from app.report.score_differences import signed
from app.session.readings import describe_total
from bsnet_core.brixia import N_CLASSES, ZONES, Zone, zone_class_meaning
from bsnet_core.inference.quality import LOW_CONFIDENCE
from bsnet_core.language import translate as _
from bsnet_core.partial_score import SIGN, assessed_zones, entry_text, shown_score

if TYPE_CHECKING:
    from app.session.readings import Reading
    from bsnet_core.inference.prediction import Prediction

CELL = "#f7f8f9"
NUMBER_WIDTH_MM = 5.0
SWATCH_MM = 8.0
BIG = TextStyle(16.0, bold=True)
GRID_SHARE = 0.45
"""Share of the width for the score grid beside the sentences on it."""
TALLEST_ALONE_MM, TALLEST_OF_PAIR_MM = 112.0, 70.0
"""Greatest height of the radiograph without a prediction, and with one, beside the radiograph with lungs and grid."""


@dataclass(frozen=True)
class ScoreGrid:
    """The scores as 3 rows × 2 columns, the patient's right on the left."""

    content: ReportContent
    cell_height: float = 16.0

    def height(self, sheet: Sheet) -> float:
        """Height in mm."""
        return 6 + 3 * (self.cell_height + 1.5)

    def draw(self, sheet: Sheet, top: float) -> None:
        """Names of the sides, then the cells."""
        for side, zone in zip(self.content.sides, (Zone.A, Zone.D), strict=True):
            cell = self.cell_area(sheet, top, zone)
            sheet.text(QRectF(cell.left(), top, cell.width(), 6), side, STRONG, CENTRE)
        for zone in ZONES:
            self._draw_cell(sheet, self.cell_area(sheet, top, zone), zone)

    def cell_area(self, sheet: Sheet, top: float, zone: Zone) -> QRectF:
        """Area of a zone's cell."""
        width = (sheet.content.width() - 2) / 2
        left = sheet.content.left() + zone.column * (width + 2)
        return QRectF(left, top + 6 + zone.row * (self.cell_height + 1.5), width, self.cell_height)

    def _draw_cell(self, sheet: Sheet, cell: QRectF, zone: Zone) -> None:
        prediction, reading = self.content.prediction, self.content.reading
        unsure = prediction is not None and prediction.confidence_of(zone) < LOW_CONFIDENCE
        sheet.box(cell, AMBER_LINE if unsure else RULE, CELL, dashed=unsure)
        sheet.text(cell.adjusted(1.8, 1, 0, 0), zone.name, STRONG.in_colour(QUIET))
        numbers = []
        if prediction is not None:
            numbers.append((_("model"), str(prediction.score[zone])))
        if reading is not None:
            numbers.append((_("reader"), entry_text(reading.score[zone])))
        inside = cell.adjusted(5, 0, -1, 0)
        for number, (label, score) in enumerate(numbers):
            width = inside.width() / len(numbers)
            left = inside.left() + number * width
            sheet.text(QRectF(left, cell.top() + 0.8, width, 5), label, SMALL, CENTRE)
            sheet.text(QRectF(left, cell.top() + 3.8, width, 12), score, BIG, CENTRE)
        foot = QRectF(cell.left() + 1.8, cell.bottom() - 4.8, cell.width() - 3.6, 4.6)
        sheet.text(foot, _cell_detail(prediction, zone), SMALL)
        sheet.text(foot, _zone_difference(prediction, reading, zone, mark="Δ "), SMALL, RIGHT)


@dataclass(frozen=True)
class ScoreSummary:
    """The global scores in sentences, each on lines of its own."""

    content: ReportContent

    def height(self, sheet: Sheet) -> float:
        """Height in mm."""
        return sum(self._height_of(sheet, text, style) for text, style in self._sentences())

    def draw(self, sheet: Sheet, top: float) -> None:
        """One below the other."""
        for text, style in self._sentences():
            sheet.text(QRectF(sheet.content.left(), top, sheet.content.width(), 60), text, style)
            top += self._height_of(sheet, text, style)

    def _height_of(self, sheet: Sheet, text: str, style: TextStyle) -> float:
        return sheet.text_height(text, sheet.content.width(), style) + LINE_GAP_MM

    def _sentences(self) -> list[tuple[str, TextStyle]]:
        prediction, reading = self.content.prediction, self.content.reading
        summary = []
        if prediction is not None:
            summary.append((prediction_line(prediction), STRONG))
            if prediction.interval is not None:
                low, high = prediction.interval
                interval = _("Interval of 90%: {low} to {high} (cross-validation).")
                summary.append((interval.format(low=low, high=high), BODY))
        else:
            summary.append((self.content.no_prediction, STRONG))
        if reading is not None:
            summary.append((reading_line(reading), STRONG))
            if len(assessed_zones(reading.score)) < len(ZONES):
                summary.append((_("{sign}: not assessable, without a score.").format(sign=SIGN), BODY))
        return [*summary, *((sentence, BODY) for sentence in self.content.agreement)]


def images_and_scores(content: ReportContent) -> list[Block]:
    """The radiograph, alone and with what the network found, and the scores.

    Without a prediction the radiograph is larger, and the scores are beside it.
    """
    alone = (content.image, content.image_caption)
    summary: Block = ScoreSummary(content)
    if content.reading_lines:
        summary = Stacked(summary, Lines(_("Reading"), content.reading_lines, columns=1))
    if content.outlined is None:
        scores = Stacked(ScoreGrid(content), summary)
        return [Beside(Images("", [alone], TALLEST_ALONE_MM), scores, 0.54)]
    pair = Images("", [alone, (content.outlined, content.outlined_caption)], TALLEST_OF_PAIR_MM)
    return [pair, Beside(ScoreGrid(content), summary, GRID_SHARE)]


def change_table(change: PriorChange) -> Table:
    """The change since the prior image, a column per zone."""
    return Table(_("Change since the prior image"), change.rows, [34, *([11] * len(ZONES)), 14], change.note)


def prediction_line(prediction: Prediction) -> str:
    """The predicted score in one line; the check of a written file looks for it."""
    return _("Prediction: {score}, global {total} / 18").format(score=prediction.score, total=prediction.score.total)


def reading_line(reading: Reading) -> str:
    """The reader's score in one line; the check of a written file looks for it."""
    return _("Reading: {score}, global {total}").format(
        score=shown_score(reading.score), total=describe_total(reading.score)
    )


def _zone_difference(prediction: Prediction | None, reading: Reading | None, zone: Zone, mark: str = "") -> str:
    """Prediction minus reading; empty without one of them."""
    read = None if reading is None else reading.score[zone]
    if prediction is None or read is None:
        return ""
    return f"{mark}{signed(prediction.score[zone] - read)}"


def _cell_detail(prediction: Prediction | None, zone: Zone) -> str:
    if prediction is None:
        return ""
    confidence = prediction.confidence_of(zone)
    mark = "" if confidence >= LOW_CONFIDENCE else " " + _("low")
    return f"{confidence:.0%}{mark}"


@dataclass(frozen=True)
class ClassLegend:
    """Meanings of the scores, with their colours if a map has these, and what a map's full colour means.

    Attributes:
        with_colours: Whether a map in the colours of the scores is shown.
        strength: A sentence on the meaning of full colour; empty without a map.
    """

    with_colours: bool
    strength: str = ""

    def height(self, sheet: Sheet) -> float:
        """Height in mm."""
        lines = sum(self._line_height(sheet, zone_class_meaning(score)) for score in range(N_CLASSES))
        return self._title_height(sheet) + lines + sheet.text_height(self._foot, sheet.content.width(), SMALL)

    def draw(self, sheet: Sheet, top: float) -> None:
        """One line per class with colour, number and words; then the meaning of the colour's strength."""
        content = sheet.content
        sheet.text(QRectF(content.left(), top, content.width(), 20), self._title, HEADING)
        top += self._title_height(sheet)
        for score in range(N_CLASSES):
            meaning = zone_class_meaning(score)
            if self.with_colours:
                sheet.box(QRectF(content.left(), top + 0.6, 5, 3), QUIET, CLASS_COLOURS.get(score))
            left = content.left() + self._indent
            sheet.text(QRectF(left, top, NUMBER_WIDTH_MM, 5), str(score))
            words = QRectF(left + NUMBER_WIDTH_MM, top, content.right() - left - NUMBER_WIDTH_MM, 40)
            sheet.text(words, meaning)
            top += self._line_height(sheet, meaning)
        sheet.text(QRectF(content.left(), top, content.width(), 20), self._foot, SMALL)

    @property
    def _title(self) -> str:
        return _("Scores and their colours") if self.with_colours else _("Scores")

    @property
    def _foot(self) -> str:
        return self.strength

    def _title_height(self, sheet: Sheet) -> float:
        return max(6.0, sheet.text_height(self._title, sheet.content.width(), HEADING) + 0.5)

    @property
    def _indent(self) -> float:
        return SWATCH_MM if self.with_colours else 0.0

    def _line_height(self, sheet: Sheet, meaning: str) -> float:
        width = sheet.content.width() - self._indent - NUMBER_WIDTH_MM
        return max(sheet.text_height(meaning, width), 4.0) + 0.6


def zone_table(prediction: Prediction, reading: Reading | None) -> Table:
    """Probabilities and expected value of every zone; with a reading, its scores and the differences too."""
    head = [_("Zone"), _("Prediction"), *_probability_heads(), _("Confidence"), _("Expected")]
    shares = [46, 16, *([11] * N_CLASSES), 18, 16]
    rows = [
        [
            zone_place(zone),
            str(prediction.score[zone]),
            *(f"{share:.0%}" for share in prediction.probabilities_of(zone)),
            f"{prediction.confidence_of(zone):.0%}",
            f"{prediction.expected_value_of(zone):.2f}",
        ]
        for zone in ZONES
    ]
    if reading is not None:
        head += [_("Reading"), _("Difference")]
        shares += [15, 17]
        for zone, row in zip(ZONES, rows, strict=True):
            row += [entry_text(reading.score[zone]), _zone_difference(prediction, reading, zone)]
    return Table(_("Zones"), [head, *rows], shares)


def masking_table(strongest: Sequence[StrongestRegion]) -> Table:
    """Changes of a zone's probabilities when its strongest super-pixel is masked, a column per zone."""
    head = ["", *(f"{region.zone.name} ({region.score})" for region in strongest)]
    rows = [
        [label, *("–" if region.changes is None else signed_points(region.changes[score]) for region in strongest)]
        for score, label in enumerate(_probability_heads())
    ]
    note = _(
        "By zone (predicted score): change in percentage points when the region that supports it most, marked by the "
        "zone's letter, is masked."
    )
    if any(region.changes is None for region in strongest):
        note += " " + _("–: no region supports it.")
    return Table(_("Effect of masking on each score"), [head, *rows], [1.0] * len(head), note)


def _probability_heads() -> list[str]:
    return [_("p of {score}").format(score=score) for score in range(N_CLASSES)]


def zone_place(zone: Zone) -> str:
    """A zone with its side and height, such as "A (patient's right, upper)"."""
    side = _("patient's right") if zone.is_patient_right else _("patient's left")
    height = (_("upper"), _("middle"), _("lower"))[zone.row]
    return f"{zone.name} ({side}, {height})"

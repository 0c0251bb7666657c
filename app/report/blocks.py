"""The parts of a report on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from app.canvas.overlays.explanation_map import CLASS_COLOURS, describe_strength, signed_points
from app.report.content import Line, ReportContent, StrongestPart, moment, research_only, signed
from app.report.image_painting import side_names
from app.report.layout import (
    BODY,
    CENTRE,
    GAP_MM,
    HEADING,
    LABEL,
    LEFT,
    QUIET,
    RIGHT,
    RULE,
    SMALL,
    TITLE,
    Sheet,
    TextStyle,
    fitted,
)
from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.language import translate as _
from bsnet_core.quality import LOW_CONFIDENCE

if TYPE_CHECKING:
    from app.session.readings import Reading
    from bsnet_core.prediction import Prediction

AMBER = "#fff3d6"
AMBER_LINE = "#c49434"
CELL = "#f7f8f9"
LINE_GAP_MM = 0.8
LABEL_WIDTH_MM = 31.0
TIME_WIDTH_MM = 45.0
NUMBER_WIDTH_MM = 5.0
SWATCH_MM = 8.0
BIG = TextStyle(20.0, bold=True)
STRONG = TextStyle(9.0, bold=True)


@dataclass(frozen=True)
class Heading:
    """Title of the report, when it was made, and what it is not for."""

    content: ReportContent

    def height(self, sheet: Sheet) -> float:
        """In mm."""
        return self._title_height(sheet) + 2 + self._frame_height(sheet)

    def draw(self, sheet: Sheet, top: float) -> None:
        """Title, time, and the warning in a frame."""
        area = sheet.content
        sheet.text(QRectF(area.left(), top, self._title_width(sheet), 40), _title(), TITLE)
        made = QRectF(area.right() - TIME_WIDTH_MM, top + 2.5, TIME_WIDTH_MM, 5)
        sheet.text(made, moment(self.content.made_at), LABEL, RIGHT)
        frame = QRectF(area.left(), top + self._title_height(sheet) + 2, area.width(), self._frame_height(sheet))
        sheet.box(frame, AMBER_LINE, AMBER)
        sheet.text(frame.adjusted(3, 1.8, -3, 0), _warning(), STRONG)

    def _title_width(self, sheet: Sheet) -> float:
        return sheet.content.width() - TIME_WIDTH_MM - GAP_MM

    def _title_height(self, sheet: Sheet) -> float:
        return sheet.text_height(_title(), self._title_width(sheet), TITLE)

    def _frame_height(self, sheet: Sheet) -> float:
        return sheet.text_height(_warning(), sheet.content.width() - 6, STRONG) + 3.6


def _title() -> str:
    return _("Brixia score of a chest radiograph")


def _warning() -> str:
    return research_only() + " " + _("Do not use it for diagnosis, triage or treatment.")


@dataclass(frozen=True)
class Lines:
    """Labels and values in one or two columns, under a heading."""

    title: str
    lines: Sequence[Line]
    columns: int = 2

    def height(self, sheet: Sheet) -> float:
        """In mm."""
        return self._title_height + max(
            (sum(self._line_height(sheet, line) for line in column) for column in self._split()), default=0.0
        )

    def draw(self, sheet: Sheet, top: float) -> None:
        """First column first."""
        if self.title:
            sheet.text(QRectF(sheet.content.left(), top, sheet.content.width(), 6), self.title, HEADING)
        width = self._width(sheet)
        for number, column in enumerate(self._split()):
            left = sheet.content.left() + number * (width + GAP_MM)
            below = top + self._title_height
            for line in column:
                sheet.text(QRectF(left, below + 0.3, LABEL_WIDTH_MM - 2, 20), line.label, LABEL)
                value = QRectF(left + LABEL_WIDTH_MM, below, width - LABEL_WIDTH_MM, 100)
                sheet.text(value, line.value)
                below += self._line_height(sheet, line)

    @property
    def _title_height(self) -> float:
        return 6.0 if self.title else 0.0

    def _split(self) -> list[Sequence[Line]]:
        each = -(-len(self.lines) // self.columns)
        return [self.lines[first : first + each] for first in range(0, len(self.lines), max(each, 1))]

    def _width(self, sheet: Sheet) -> float:
        return (sheet.content.width() - (self.columns - 1) * GAP_MM) / self.columns

    def _line_height(self, sheet: Sheet, line: Line) -> float:
        value = sheet.text_height(line.value, self._width(sheet) - LABEL_WIDTH_MM)
        return max(value, sheet.text_height(line.label, LABEL_WIDTH_MM - 2, LABEL) + 0.3) + LINE_GAP_MM


@dataclass(frozen=True)
class ImageAndScores:
    """The film on the left, the score grid on the right: the patient's right on the left of both."""

    content: ReportContent
    grid_width: float = 76.0
    tallest: float = 112.0
    cell_height: float = 25.0

    def height(self, sheet: Sheet) -> float:
        """In mm."""
        image = fitted(self._image_area(sheet, 0.0), self.content.image).height()
        caption = sheet.text_height(self.content.image_caption, self._image_area(sheet, 0.0).width(), SMALL)
        return max(image + 1.5 + caption, self._scores_height(sheet))

    def draw(self, sheet: Sheet, top: float) -> None:
        """Film with caption, then the grid, then the sums."""
        area = self._image_area(sheet, top)
        covered = sheet.image(area, self.content.image)
        caption = QRectF(area.left(), covered.bottom() + 1.5, area.width(), 30)
        sheet.text(caption, self.content.image_caption, SMALL)
        self._draw_grid(sheet, top)
        below = top + 6 + 3 * (self.cell_height + 1.5) + 2
        for text, style in self._sums():
            place = QRectF(sheet.content.right() - self.grid_width, below, self.grid_width, 60)
            sheet.text(place, text, style)
            below += sheet.text_height(text, self.grid_width, style) + LINE_GAP_MM

    def cell_area(self, sheet: Sheet, top: float, zone: Zone) -> QRectF:
        """Where a zone's cell stands."""
        width = (self.grid_width - 2) / 2
        left = sheet.content.right() - self.grid_width + zone.column * (width + 2)
        return QRectF(left, top + 6 + zone.row * (self.cell_height + 1.5), width, self.cell_height)

    def _image_area(self, sheet: Sheet, top: float) -> QRectF:
        content = sheet.content
        return QRectF(content.left(), top, content.width() - self.grid_width - 6, self.tallest)

    def _scores_height(self, sheet: Sheet) -> float:
        sums = sum(sheet.text_height(text, self.grid_width, style) + LINE_GAP_MM for text, style in self._sums())
        return 6 + 3 * (self.cell_height + 1.5) + 2 + sums

    def _draw_grid(self, sheet: Sheet, top: float) -> None:
        for side, zone in zip(side_names(), (Zone.A, Zone.D), strict=True):
            cell = self.cell_area(sheet, top, zone)
            sheet.text(QRectF(cell.left(), top, cell.width(), 6), side, STRONG, CENTRE)
        for zone in ZONES:
            self._draw_cell(sheet, self.cell_area(sheet, top, zone), zone)

    def _draw_cell(self, sheet: Sheet, cell: QRectF, zone: Zone) -> None:
        prediction, reading = self.content.prediction, self.content.reading
        unsure = prediction is not None and prediction.confidence_of(zone) < LOW_CONFIDENCE
        sheet.box(cell, AMBER_LINE if unsure else RULE, CELL, dashed=unsure)
        sheet.text(cell.adjusted(1.8, 1, 0, 0), zone.name, STRONG.in_colour(QUIET))
        numbers = []
        if prediction is not None:
            numbers.append((_("model"), prediction.score[zone]))
        if reading is not None:
            numbers.append((_("reader"), reading.score[zone]))
        inside = cell.adjusted(5, 0, -1, 0)
        for number, (label, score) in enumerate(numbers):
            width = inside.width() / len(numbers)
            left = inside.left() + number * width
            sheet.text(QRectF(left, cell.top() + 1.4, width, 5), label, SMALL, CENTRE)
            sheet.text(QRectF(left, cell.top() + 5, width, 12), str(score), BIG, CENTRE)
        foot = QRectF(cell.left() + 1.8, cell.bottom() - 5.4, cell.width() - 3.6, 5)
        sheet.text(foot, _cell_detail(prediction, zone), SMALL)
        if prediction is not None and reading is not None:
            difference = f"Δ {signed(prediction.score[zone] - reading.score[zone])}"
            sheet.text(foot, difference, SMALL, RIGHT)

    def _sums(self) -> list[tuple[str, TextStyle]]:
        prediction, reading = self.content.prediction, self.content.reading
        sums = []
        if prediction is not None:
            sums.append((prediction_line(prediction), STRONG))
            expected = _("Expected value of the global score {expected:.1f}.")
            sums.append((expected.format(expected=prediction.expected_total), BODY))
        else:
            sums.append((self.content.no_prediction, STRONG))
        if reading is not None:
            sums.append((reading_line(reading), STRONG))
        return [*sums, *((sentence, BODY) for sentence in self.content.agreement)]


def prediction_line(prediction: Prediction) -> str:
    """The predicted score in one line, as the written file is checked for."""
    return _("Prediction: {score}, global {total} / 18").format(score=prediction.score, total=prediction.score.total)


def reading_line(reading: Reading) -> str:
    """The reader's score in one line, as the written file is checked for."""
    return _("Reading: {score}, global {total} / 18").format(score=reading.score, total=reading.score.total)


def _cell_detail(prediction: Prediction | None, zone: Zone) -> str:
    if prediction is None:
        return ""
    confidence = prediction.confidence_of(zone)
    mark = "" if confidence >= LOW_CONFIDENCE else " " + _("unsure")
    return f"{confidence:.0%}{mark}"


@dataclass(frozen=True)
class Notes:
    """Sentences under a heading, each with a mark."""

    title: str
    notes: Sequence[str]

    def height(self, sheet: Sheet) -> float:
        """In mm."""
        return 6.0 + sum(self._note_height(sheet, note) for note in self.notes)

    def draw(self, sheet: Sheet, top: float) -> None:
        """One below the other."""
        content = sheet.content
        sheet.text(QRectF(content.left(), top, content.width(), 6), self.title, HEADING)
        top += 6.0
        for note in self.notes:
            sheet.text(QRectF(content.left(), top, 4, 5), "•")
            sheet.text(QRectF(content.left() + 4, top, content.width() - 4, 100), note)
            top += self._note_height(sheet, note)

    def _note_height(self, sheet: Sheet, note: str) -> float:
        return sheet.text_height(note, sheet.content.width() - 4) + LINE_GAP_MM


@dataclass(frozen=True)
class Images:
    """Pictures side by side, all of one height, each with a caption below."""

    title: str
    images: Sequence[tuple[QImage, str]]
    tallest: float = 84.0

    def height(self, sheet: Sheet) -> float:
        """In mm."""
        captions = zip(self._widths(sheet), self.images, strict=True)
        return (
            6.0
            + self._height_of_images(sheet)
            + 1.5
            + max(sheet.text_height(caption, width, SMALL) for width, (_image, caption) in captions)
        )

    def draw(self, sheet: Sheet, top: float) -> None:
        """From left to right."""
        content = sheet.content
        sheet.text(QRectF(content.left(), top, content.width(), 6), self.title, HEADING)
        left, height = content.left(), self._height_of_images(sheet)
        for width, (image, caption) in zip(self._widths(sheet), self.images, strict=True):
            area = QRectF(left, top + 6, width, height)
            sheet.image(area, image)
            sheet.text(QRectF(left, area.bottom() + 1.5, width, 40), caption, SMALL)
            left += width + GAP_MM

    def _height_of_images(self, sheet: Sheet) -> float:
        room = sheet.content.width() - (len(self.images) - 1) * GAP_MM
        shapes = sum(image.width() / image.height() for image, _caption in self.images)
        return min(room / shapes, self.tallest)

    def _widths(self, sheet: Sheet) -> list[float]:
        height = self._height_of_images(sheet)
        return [height * image.width() / image.height() for image, _caption in self.images]


@dataclass(frozen=True)
class ClassLegend:
    """What the scores mean, and their colours where there is a map."""

    with_colours: bool

    def height(self, sheet: Sheet) -> float:
        """In mm."""
        lines = sum(self._line_height(sheet, meaning) for meaning in class_meanings())
        return self._title_height(sheet) + lines + sheet.text_height(self._foot, sheet.content.width(), SMALL)

    def draw(self, sheet: Sheet, top: float) -> None:
        """One line per class, colour, number and words; then what the strength of a colour means."""
        content = sheet.content
        sheet.text(QRectF(content.left(), top, content.width(), 20), self._title, HEADING)
        top += self._title_height(sheet)
        for score, meaning in enumerate(class_meanings()):
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
        return describe_strength() if self.with_colours else ""

    def _title_height(self, sheet: Sheet) -> float:
        return max(6.0, sheet.text_height(self._title, sheet.content.width(), HEADING) + 0.5)

    @property
    def _indent(self) -> float:
        return SWATCH_MM if self.with_colours else 0.0

    def _line_height(self, sheet: Sheet, meaning: str) -> float:
        width = sheet.content.width() - self._indent - NUMBER_WIDTH_MM
        return max(sheet.text_height(meaning, width), 4.0) + 0.6


def class_meanings() -> tuple[str, str, str, str]:
    """What the zone scores 0 to 3 mean."""
    return (
        _("no abnormality"),
        _("interstitial infiltrates"),
        _("interstitial and alveolar infiltrates, interstitial dominant"),
        _("interstitial and alveolar infiltrates, alveolar dominant"),
    )


@dataclass(frozen=True)
class Table:
    """Lines of cells under a heading, each line of the same columns.

    Attributes:
        title: The heading.
        lines: The head, then the others; the first column stands on the left, all others on the right.
        shares: Of the width, by column.
        note: Between heading and head.
    """

    title: str
    lines: Sequence[Sequence[str]]
    shares: Sequence[float]
    note: str = ""

    def height(self, sheet: Sheet) -> float:
        """In mm."""
        lines = sum(self._line_height(sheet, number) for number in range(len(self.lines)))
        return 6.0 + self._note_height(sheet) + lines + 0.4

    def draw(self, sheet: Sheet, top: float) -> None:
        """Line below line, a rule under each."""
        content = sheet.content
        sheet.text(QRectF(content.left(), top, content.width(), 6), self.title, HEADING)
        top += 6.0
        sheet.text(QRectF(content.left(), top, content.width(), 20), self.note, SMALL)
        top += self._note_height(sheet)
        for number in range(len(self.lines)):
            height, left = self._line_height(sheet, number), content.left()
            for column, (text, width, style) in enumerate(self._cells(sheet, number)):
                sheet.text(QRectF(left, top, width - 1, height), text, style, LEFT if column == 0 else RIGHT)
                left += width
            top += height
            sheet.rule(content.left(), content.right(), top - 0.4)

    def _cells(self, sheet: Sheet, number: int) -> list[tuple[str, float, TextStyle]]:
        """Text, width in mm and look of every cell of a line."""
        style = LABEL if number == 0 else BODY
        widths = [sheet.content.width() * share / sum(self.shares) for share in self.shares]
        return [(text, width, style) for text, width in zip(self.lines[number], widths, strict=True)]

    def _line_height(self, sheet: Sheet, number: int) -> float:
        return max(sheet.text_height(text, width - 1, style) for text, width, style in self._cells(sheet, number)) + 0.8

    def _note_height(self, sheet: Sheet) -> float:
        return sheet.text_height(self.note, sheet.content.width(), SMALL) + LINE_GAP_MM if self.note else 0.0


def zone_table(prediction: Prediction, reading: Reading | None) -> Table:
    """Probabilities, expected value and difference of every zone."""
    head = [_("Zone"), _("Prediction"), *_probability_heads(), _("Confidence"), _("Expected")]
    shares = [46, 16, *([11] * N_CLASSES), 18, 16]
    lines = [
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
        for zone, line in zip(ZONES, lines, strict=True):
            line += [str(reading.score[zone]), signed(prediction.score[zone] - reading.score[zone])]
    return Table(_("Zones"), [head, *lines], shares)


def masking_table(strongest: Sequence[StrongestPart]) -> Table:
    """What masking the strongest part of the map does to the probabilities of its zone, a column per zone."""
    head = ["", *(f"{part.zone.name} ({part.score})" for part in strongest)]
    lines = [
        [label, *("–" if part.changes is None else signed_points(part.changes[score]) for part in strongest)]
        for score, label in enumerate(_probability_heads())
    ]
    note = _(
        "By zone (predicted score), in percent points, when the part that speaks most for this score is masked. The "
        "zone's letter stands on it."
    )
    if any(part.changes is None for part in strongest):
        note += " " + _("–: no part speaks for it.")
    return Table(_("What masking does to each score"), [head, *lines], [1.0] * len(head), note)


def _probability_heads() -> list[str]:
    return [_("p of {score}").format(score=score) for score in range(N_CLASSES)]


def zone_place(zone: Zone) -> str:
    """A zone with its side and height, such as "A (patient's right, upper)"."""
    side = _("patient's right") if zone.is_patient_right else _("patient's left")
    height = (_("upper"), _("middle"), _("lower"))[zone.row]
    return f"{zone.name} ({side}, {height})"

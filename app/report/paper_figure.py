"""The paper's Figure 10 of an image: radiograph, aligned and masked lungs, explanation map with scores.

The figure names no patient, so it can be shown to others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter, QPdfWriter, QPen, QTransform

from app.canvas.drawing.orientation import side_names
from app.canvas.overlays import zones as zones_overlay
from app.canvas.overlays.explanation_map import CLASS_COLOURS
from app.canvas.overlays.map_scale import MapColours
from app.report.explanation_part import describe_map, paint_map, strength_of_full_colour
from app.report.fonts import load_fonts, report_font
from app.report.image_files import describe, write_png
from app.report.image_painting import (
    LETTER_PT,
    LOGICAL_SIDE,
    NO_COLOUR,
    PIXELS_PER_UNIT,
    grey_image,
    paint_image,
    paint_rimmed,
    paint_sides,
)
from app.report.layout import LABEL, MM_PER_INCH, QUIET, SMALL, Sheet, TextStyle
from app.report.pdf import pdf_bytes, pdf_texts
from app.report.provenance import attention_name, computed_on, input_check_outcome, software
from app.report.reported_image import ReportedImage
from app.report.saving import save
from app.report.score_blocks import prediction_line
from bsnet_core.brixia import N_CLASSES, ZONES, zone_class_meaning
from bsnet_core.errors import ReportError
from bsnet_core.intended_use import research_only
from bsnet_core.language import translate as _
from bsnet_core.zone_outlines import COLUMN_EDGES, ROW_EDGES

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction

WIDTH_MM = 190.0
MARGIN_MM = 5.0
GAP_MM = 3.0
INNER_MM = WIDTH_MM - 2 * MARGIN_MM
SWATCH_MM = 7.0
PRINT_DPI = 300
SCORE_SHARE = 0.5
"""Height of a score as a share of its zone's."""
CAPTION = TextStyle(8.5, bold=True)


@dataclass(frozen=True, slots=True)
class TextHeights:
    """Heights of the texts below the panels, in mm; `legend` is the height of one of its lines."""

    captions: float
    legend: float
    score: float
    small_print: float


@dataclass(frozen=True)
class Figure:
    """Three panels of one height, and the texts below them.

    Attributes:
        panels: Images with their captions, from left to right.
        prediction: The prediction whose scores they show.
        small_print: Model, hash, input check, software, intended use.
    """

    panels: tuple[tuple[QImage, str], ...]
    prediction: Prediction
    small_print: str

    @property
    def panel_height_mm(self) -> float:
        """Height at which the panels fill the width."""
        room = INNER_MM - (len(self.panels) - 1) * GAP_MM
        return room / sum(image.width() / image.height() for image, _caption in self.panels)

    def panel_width_mm(self, image: QImage) -> float:
        """Width of one of the panels."""
        return self.panel_height_mm * image.width() / image.height()

    @cached_property
    def heights(self) -> TextHeights:
        """Height of every text, in the language in use."""
        load_fonts()
        image = _blank(1, 1)
        painter = QPainter(image)
        sheet = Sheet(painter, QSizeF(WIDTH_MM, WIDTH_MM))
        captions = [sheet.text_height(text, self.panel_width_mm(image), CAPTION) for image, text in self.panels]
        legend = [sheet.text_height(text, INNER_MM / 2 - SWATCH_MM, LABEL) for text in _legend()]
        heights = TextHeights(
            captions=max(captions),
            legend=max(legend),
            score=sheet.text_height(prediction_line(self.prediction), INNER_MM),
            small_print=sheet.text_height(self.small_print, INNER_MM, SMALL),
        )
        painter.end()
        return heights

    @property
    def size_mm(self) -> QSizeF:
        """Width and height of the whole figure."""
        texts = self.heights
        below = texts.captions + (N_CLASSES // 2) * texts.legend + texts.score + texts.small_print + 2.5 * GAP_MM
        return QSizeF(WIDTH_MM, MARGIN_MM + self.panel_height_mm + below + MARGIN_MM)


def compose_figure(reported: ReportedImage) -> Figure:
    """Composes the figure; not for the GUI thread.

    Raises:
        ReportError: the image has no prediction or no explanation map, or they are hidden from the reader.
    """
    prediction, explained = reported.prediction, reported.explanation
    if reported.prediction_is_hidden:
        raise ReportError(_("The figure shows the prediction, which is hidden until your reading is saved."))
    if prediction is None or explained is None:
        raise ReportError(_("The figure needs the explanation map. Compute it first."))
    if not explained.zones:
        raise ReportError(_("All zones of the explanation map are hidden. Show at least one for the figure."))
    # The figure is the paper's, whatever the colours on the screen.
    explained = replace(explained, view=replace(explained.view, colours=MapColours.CLASSES))
    image = paint_image(reported.radiograph, reported.voi, inverted=reported.inverted, prediction=prediction)
    mapped = paint_map(reported, prediction, explained)
    with_scores = QImage(mapped.image)
    paint_scores(with_scores, prediction, mapped.to_units)
    orientation = reported.radiograph.metadata.patient_orientation
    model, head = prediction.model, attention_name(prediction)
    sentences = [
        # First, as the hash does not break: further on, it could leave half a line empty.
        f"{model.name} {model.version}, {head}, {computed_on(prediction)}, sha256 {model.sha256}.",
        describe_map(explained),
        strength_of_full_colour(explained, prediction),
        _("Input check") + f": {input_check_outcome(reported.radiograph)}.",
        f"{software()}.",
        research_only(),
    ]
    panels = (
        (image.image, _("Radiograph")),
        (_aligned_lungs(prediction, side_names(orientation)), _("Aligned, lungs only")),
        (with_scores, _("Explanation map, predicted scores")),
    )
    return Figure(panels, prediction, " ".join(sentences))


def paint_scores(image: QImage, prediction: Prediction, to_units: QTransform) -> None:
    """Writes every zone's score and letter over a painted image, the score in its class colour.

    Args:
        image: The painted image to draw on.
        prediction: Source of scores and frames.
        to_units: Transform from pixels of the file to units of the painted image.
    """
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(PIXELS_PER_UNIT, PIXELS_PER_UNIT)
    for zone in ZONES:
        box = to_units.map(zones_overlay.zone_polygon(prediction.frames, zone)).boundingRect()
        size = SCORE_SHARE * min(box.width(), box.height())
        score = prediction.score[zone]
        colour = CLASS_COLOURS.get(score, NO_COLOUR)
        paint_rimmed(painter, box.center() + QPointF(0, size * 0.12), str(score), size, colour)
        paint_rimmed(painter, box.center() - QPointF(0, size * 0.75), zone.name, size * 0.35, NO_COLOUR)
    painter.end()


def figure_png(figure: Figure) -> QImage:
    """The figure at 300 dpi for print, with the model in its text chunks."""
    size = figure.size_mm * (PRINT_DPI / MM_PER_INCH)
    image = _blank(round(size.width()), round(size.height()))
    painter = QPainter(image)
    _draw(figure, Sheet(painter, figure.size_mm))
    painter.end()
    describe(image, figure.prediction.model)
    return image


def figure_pdf(figure: Figure) -> bytes:
    """The figure as a page of its own size."""

    def draw(writer: QPdfWriter, painter: QPainter) -> None:
        _draw(figure, Sheet(painter, figure.size_mm))

    return pdf_bytes(figure.size_mm, _("Explanation of a Brixia score"), draw)


def write_figure(figure: Figure, path: Path, *, overwrite: bool = False) -> Path:
    """Writes the figure as PDF or PNG by the suffix of its name; for a worker thread.

    Raises:
        ReportError: the suffix is another one, or the file could not be written or cannot be opened.
    """
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        return save(figure_pdf(figure), path, overwrite=overwrite, check=lambda data: _check_pdf(data, figure))
    if suffix == ".png":
        return write_png(figure_png(figure), path, overwrite=overwrite)
    raise ReportError(_("The figure can only be saved as .png or .pdf. Choose a name with one of these extensions."))


def _check_pdf(data: bytes, figure: Figure) -> None:
    texts = ["".join(text.split()) for text in pdf_texts(data)]
    if len(texts) != 1 or figure.prediction.model.sha256 not in texts[0]:
        raise ReportError(_("The figure was incomplete and has not been saved. Try again."))


def _draw(figure: Figure, sheet: Sheet) -> None:
    left, top, texts = MARGIN_MM, MARGIN_MM, figure.heights
    below = top + figure.panel_height_mm + GAP_MM / 2
    for image, caption in figure.panels:
        width = figure.panel_width_mm(image)
        sheet.image(QRectF(left, top, width, figure.panel_height_mm), image)
        sheet.text(QRectF(left, below, width, texts.captions), caption, CAPTION)
        left += width + GAP_MM
    below += texts.captions + GAP_MM / 2
    for score, text in enumerate(_legend()):
        column, row = divmod(score, N_CLASSES // 2)
        place = QRectF(MARGIN_MM + column * INNER_MM / 2, below + row * texts.legend, INNER_MM / 2, texts.legend)
        sheet.box(QRectF(place.left(), place.top() + 0.5, 5, 2.8), QUIET, CLASS_COLOURS.get(score))
        sheet.text(place.adjusted(SWATCH_MM, 0, 0, 0), text, LABEL)
    below += N_CLASSES // 2 * texts.legend + GAP_MM
    sheet.text(QRectF(MARGIN_MM, below, INNER_MM, texts.score), prediction_line(figure.prediction))
    below += texts.score + GAP_MM / 2
    sheet.text(QRectF(MARGIN_MM, below, INNER_MM, texts.small_print), figure.small_print, SMALL)


def _legend() -> list[str]:
    return [f"{score}  {zone_class_meaning(score)}" for score in range(N_CLASSES)]


def _blank(width: int, height: int) -> QImage:
    """A white image at print resolution."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    per_metre = round(PRINT_DPI / MM_PER_INCH * 1000)
    image.setDotsPerMeterX(per_metre)
    image.setDotsPerMeterY(per_metre)
    image.fill(Qt.GlobalColor.white)
    return image


def _aligned_lungs(prediction: Prediction, sides: tuple[str, str]) -> QImage:
    """The masked lungs with the six zones; the aligned frame has the patient's right on the left."""
    side = round(LOGICAL_SIDE * PIXELS_PER_UNIT)
    masked = prediction.aligned_image * prediction.aligned_lung_probability
    image = grey_image(masked, side).convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(PIXELS_PER_UNIT, PIXELS_PER_UNIT)
    painter.setFont(report_font(LETTER_PT))
    painter.setPen(QPen(zones_overlay.LINE, 1.0, Qt.PenStyle.DashLine))
    rows = [LOGICAL_SIDE * edge for edge in ROW_EDGES]
    columns = [LOGICAL_SIDE * edge for edge in COLUMN_EDGES]
    for row in rows[1:-1]:
        painter.drawLine(QPointF(0, row), QPointF(LOGICAL_SIDE, row))
    for column in columns[1:-1]:
        painter.drawLine(QPointF(column, 0), QPointF(column, LOGICAL_SIDE))
    paint_sides(painter, QRectF(0, 0, LOGICAL_SIDE, LOGICAL_SIDE), sides)
    for zone in ZONES:
        middle = (columns[zone.column] + columns[zone.column + 1]) / 2
        height = (rows[zone.row] + rows[zone.row + 1]) / 2
        paint_rimmed(painter, QPointF(middle, height), zone.name, 20.0, NO_COLOUR)
    painter.end()
    return image

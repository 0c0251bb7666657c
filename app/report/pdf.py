"""The report as a PDF: made in memory, saved whole, and checked before it counts as written."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import pypdfium2
from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter

from app.canvas.overlays.map_scale import MapColours
from app.report.blocks import Heading, Images, Lines, Notes
from app.report.content import ReportContent
from app.report.fonts import load_fonts
from app.report.layout import Beside, Block, Sheet, Stacked, draw_pages, page_number, paginate
from app.report.lines import Line
from app.report.paper import Paper
from app.report.provenance import software
from app.report.saving import save
from app.report.score_blocks import (
    ClassLegend,
    change_table,
    images_and_scores,
    masking_table,
    prediction_line,
    reading_line,
    zone_table,
)
from app.report.signature import SignatureLines
from bsnet_core.errors import ReportError
from bsnet_core.intended_use import research_only
from bsnet_core.language import translate as _

RESOLUTION_DPI = 600
TABLE_SHARE = 0.52
"""Share of the width for the table beside the legend."""
TALLEST_OF_NETWORK_MM = 50.0
LONGEST_IN_COLUMN = 34
"""Characters of a value that surely fits into one of two columns."""
Draw = Callable[[QPdfWriter, QPainter], None]
_one_reader = threading.Lock()
"""PDFium must not be used by two threads at a time."""


def write_report(content: ReportContent, path: Path, paper: Paper = Paper.A4, *, overwrite: bool = False) -> Path:
    """Writes the PDF report; for a worker thread.

    Args:
        content: The composed report.
        path: The file to write.
        paper: The paper size.
        overwrite: Whether an existing file of that name may be replaced.

    Returns:
        `path`, once the file has been read back and contains the scores.

    Raises:
        ReportError: the file could not be written, or failed its check.
    """
    return save(
        report_pdf(content, paper), path, overwrite=overwrite, check=lambda data: check_report_pdf(data, content)
    )


def report_pdf(content: ReportContent, paper: Paper) -> bytes:
    """The PDF report as bytes."""

    def draw(writer: QPdfWriter, painter: QPainter) -> None:
        sheet = Sheet(painter, paper.size_mm)
        draw_pages(paginate(_blocks(content), sheet), sheet, _footer(content), writer.newPage)

    return pdf_bytes(paper.size_mm, _("Brixia score report"), draw)


def pdf_bytes(size_mm: QSizeF, title: str, draw: Draw) -> bytes:
    """A PDF with pages of one size; its metadata names the program and no person.

    Args:
        size_mm: Width and height of a page.
        title: Title in the PDF's metadata; must not name a patient.
        draw: Paints all pages.
    """
    load_fonts()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(RESOLUTION_DPI)
    page = QPageSize(size_mm, QPageSize.Unit.Millimeter)
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0)))
    writer.setTitle(title)
    writer.setCreator(software())
    painter = QPainter(writer)
    try:
        draw(writer, painter)
    finally:
        painter.end()
    return bytes(buffer.data().data())


def check_report_pdf(data: bytes, content: ReportContent) -> None:
    """Opens a report and looks for its scores.

    Raises:
        ReportError: it does not open, or a page, the scores, the model's hash or the intended use are missing.
    """
    pages = pdf_texts(data)
    whole = "".join(_squeezed(page) for page in pages)
    expected = []
    if content.prediction is not None:
        expected += [prediction_line(content.prediction), content.prediction.model.sha256]
    if content.reading is not None:
        expected.append(reading_line(content.reading))
    count = len(pages)
    numbered = [
        _squeezed(research_only()) in _squeezed(page) and _squeezed(page_number(number, count)) in _squeezed(page)
        for number, page in enumerate(pages, start=1)
    ]
    if not pages or not all(numbered) or any(_squeezed(text) not in whole for text in expected):
        raise ReportError(_("The report was incomplete and has not been saved. Try again."))


def pdf_texts(data: bytes) -> list[str]:
    """The text of every page of a PDF.

    Raises:
        ReportError: it does not open.
    """
    with _one_reader:
        try:
            document = pypdfium2.PdfDocument(data)
            try:
                return [document[number].get_textpage().get_text_range() for number in range(len(document))]
            finally:
                document.close()
        except pypdfium2.PdfiumError as error:
            raise ReportError(_("The report cannot be opened and has not been saved. Try again.")) from error


def _squeezed(text: str) -> str:
    """A text without white space and with compatible characters unified, as far as PDF keeps it."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _blocks(content: ReportContent) -> list[Block]:
    blocks: list[Block] = [
        Heading(content.made_at),
        Lines(_("Patient and study"), content.patient_lines),
        *images_and_scores(content),
    ]
    if content.notes or content.prediction is not None:
        blocks.append(Notes(_("Quality notes"), content.notes or (_no_technical_problem(),)))
    if content.change is not None:
        blocks.append(change_table(content.change))
    images = []
    if content.map is not None:
        images.append((content.map.image, _("Explanation map.") + " " + content.map.description))
    if content.lungs is not None:
        images.append((content.lungs.aligned, _("Aligned: rotated and scaled as the network scores it.")))
        images.append((content.lungs.masked, _("Lungs only: everything else is black.")))
    if images:
        blocks.append(Images(_("What the network saw"), images, TALLEST_OF_NETWORK_MM))
    has_class_colours = content.map is not None and content.map.colours is MapColours.CLASSES
    legend = ClassLegend(has_class_colours, content.map.strength if content.map is not None else "")
    strongest = content.map.strongest if content.map is not None else ()
    if strongest:
        # Side by side, so that everything about the images fits on their page.
        blocks.append(Beside(masking_table(strongest), legend, TABLE_SHARE))
    if content.prediction is not None:
        blocks.append(zone_table(content.prediction, content.reading))
    if not strongest:
        blocks.append(legend)
    provenance = _provenance(content.provenance)
    # Never alone on a page: a signature stands under what is signed.
    sign = content.signed_by
    blocks.append(provenance if sign is None else Stacked(provenance, SignatureLines(sign)))
    return blocks


def _provenance(lines: Sequence[Line]) -> Block:
    """Short lines in two columns, long ones below them: the hash must stay on one line to be searched for."""
    short = [line for line in lines if len(line.value) <= LONGEST_IN_COLUMN]
    long = [line for line in lines if len(line.value) > LONGEST_IN_COLUMN]
    return Stacked(Lines(_("Provenance"), short), Lines("", long, columns=1), gap_mm=0.0)


def _no_technical_problem() -> str:
    return _("No technical problem was found with the image or its analysis. This says nothing about the lungs.")


def _footer(content: ReportContent) -> str:
    parts = [research_only(), software()]
    if content.prediction is not None:
        model = content.prediction.model
        parts.append(f"{model.name} {model.version} sha256 {model.sha256[:12]}")
    return "   ·   ".join(parts)

"""What a reader of PDFs finds in one."""

from __future__ import annotations

import ctypes
import unicodedata
from contextlib import contextmanager

import pypdfium2
from pypdfium2 import raw

POINTS_PER_MM = 72 / 25.4


@contextmanager
def opened(data: bytes):
    document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        document.close()


def texts_of(data: bytes) -> list[str]:
    with opened(data) as document:
        return [plain(document[number].get_textpage().get_text_range()) for number in range(len(document))]


def plain(text: str) -> str:
    """Joined Arabic letters as their letters, line ends as spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def text_within(data: bytes, page_number: int, left_mm: float, top_mm: float, width_mm: float, height_mm: float) -> str:
    """The text inside a rectangle measured from the upper left corner of the page."""
    with opened(data) as document:
        page = document[page_number]
        scale, height = POINTS_PER_MM, page.get_height()
        return plain(
            page.get_textpage().get_text_bounded(
                left=left_mm * scale,
                right=(left_mm + width_mm) * scale,
                top=height - top_mm * scale,
                bottom=height - (top_mm + height_mm) * scale,
            )
        )


def places_of(data: bytes, page_number: int, text: str) -> list[tuple[float, float, float, float]]:
    """(left, bottom, right, top) in points of every letter of a text, in the order of its letters."""
    with opened(data) as document:
        page = document[page_number].get_textpage()
        letters = [unicodedata.normalize("NFKC", page.get_text_range(index, 1)) for index in range(page.count_chars())]
        for start in range(len(letters) - len(text) + 1):
            if "".join(letters[start : start + len(text)]) == text:
                return [page.get_charbox(start + index) for index in range(len(text))]
    raise AssertionError(f"{text!r} is not on page {page_number}")


def fonts_of(data: bytes) -> dict[str, bool]:
    """Names of the fonts in use, and whether each is inside the file."""
    found: dict[str, bool] = {}
    with opened(data) as document:
        for number in range(len(document)):
            page = document[number]
            for piece in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
                font = raw.FPDFTextObj_GetFont(piece.raw)
                name = ctypes.create_string_buffer(200)
                raw.FPDFFont_GetBaseFontName(font, name, 200)
                found[name.value.decode()] = raw.FPDFFont_GetIsEmbedded(font) == 1
    return found

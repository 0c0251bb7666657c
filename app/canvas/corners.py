"""The texts around the image: corner texts, the letters of the patient's sides, the result's name."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from app.canvas.drawing.lettering import INK, font_of, write
from app.canvas.drawing.orientation import EdgeLetters, Orientation
from app.canvas.modes import CornerTexts
from bsnet_core.dicom_dates import shown_date
from bsnet_core.language import translate as _
from bsnet_core.radiograph import ImageMetadata, Radiograph, VoiWindow
from bsnet_core.shown_texts import person_name, shown_age, visible

RESULT_INK = QColor(122, 214, 236)
MARGIN_X, MARGIN_Y = 10.0, 8.0
CORNER_SHARE, RESULT_SHARE = 0.46, 0.75
"""Largest share of the view's width for the texts of a corner, and for the name of the result."""
LETTER_SIZES = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
"""Sizes of the letters in the corners: the largest at which the window's values are whole."""
LONG_VALUE = 40960.0


@dataclass(frozen=True, slots=True)
class CornerContent:
    """Everything the texts are made from.

    Attributes:
        preset: Name of the window preset in use; empty once the window was changed by hand.
        zoom: Device pixels per image pixel.
        result: Name of the model's result; empty while no part of it is shown.
        probe: The line of pixel values; empty while they are not shown.
    """

    radiograph: Radiograph
    window: VoiWindow | None
    preset: str
    zoom: float
    inverted: bool
    orientation: Orientation
    texts: CornerTexts
    identity_hidden: bool
    result: str = ""
    probe: str = ""


@dataclass(frozen=True, slots=True)
class CornerLines:
    """Lines per corner, from the top down."""

    top_left: tuple[str, ...]
    top_right: tuple[str, ...]
    bottom_left: tuple[str, ...]
    bottom_right: tuple[str, ...]


def corner_lines(corners: CornerContent) -> CornerLines:
    """The texts of the four corners. The pixel values are always among them, because the reader asked for them."""
    metadata, texts = corners.radiograph.metadata, corners.texts
    lossy = (_("lossy compression"),) if metadata.lossy_compressed else ()
    window = window_text(corners.window) if corners.window is not None else ""
    zoom = _("Zoom {zoom}").format(zoom=f"{corners.zoom:.0%}")
    if texts is CornerTexts.NONE:
        return CornerLines((), (), _filled(corners.probe), ())
    if texts is CornerTexts.MINIMAL:
        return CornerLines((), (), _filled(corners.probe, f"{window}   {zoom}"), lossy)
    height, width = corners.radiograph.shape
    view_state = [
        corners.preset,
        window,
        zoom,
        _("Inverted") if corners.inverted else "",
        _orientation(corners.orientation),
    ]
    size = _("{width} × {height}, {bits} bit").format(width=width, height=height, bits=corners.radiograph.bits_stored)
    return CornerLines(
        _patient(metadata, hidden=corners.identity_hidden),
        _image(metadata, hidden=corners.identity_hidden),
        _filled(corners.probe, *view_state),
        (size, *lossy),
    )


def occupied_at_top(area: QRectF, corners: CornerContent, font: QFont) -> tuple[QRectF, ...]:
    """The rectangles of the texts in the upper corners, with a margin, in the units of `area`.

    They change with image, size and font only, not while window or zoom change.
    """
    inside, lines = area.adjusted(MARGIN_X, MARGIN_Y, -MARGIN_X, -MARGIN_Y), corner_lines(corners)
    metrics, widest = QFontMetricsF(_letters(inside, font)), inside.width() * CORNER_SHARE
    right = (*lines.top_right, corners.result) if corners.result else lines.top_right
    boxes = []
    for texts, limit, is_right in ((lines.top_left, widest, False), (right, inside.width() * RESULT_SHARE, True)):
        width = min(max((metrics.horizontalAdvance(text) for text in texts), default=0.0), limit)
        left = inside.right() - width if is_right else inside.left()
        boxes.append(QRectF(left, inside.top(), width, metrics.lineSpacing() * len(texts)))
    return tuple(box.adjusted(-MARGIN_X, -MARGIN_Y, MARGIN_X, MARGIN_Y) for box in boxes if not box.isEmpty())


def paint(painter: QPainter, area: QRectF, corners: CornerContent, font: QFont) -> None:
    """Writes the corner texts, the letters of the sides and the result's name into `area`."""
    area = area.adjusted(MARGIN_X, MARGIN_Y, -MARGIN_X, -MARGIN_Y)
    lines = corner_lines(corners)
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
    upper_left, upper_right = QRectF(area), QRectF(area)
    upper_left.setWidth(area.width() * CORNER_SHARE)
    upper_right.setLeft(area.right() - area.width() * CORNER_SHARE)
    small = _letters(area, font)
    write(painter, upper_left, left | top, lines.top_left, small)
    write(painter, upper_left, left | bottom, lines.bottom_left, small)
    write(painter, upper_right, right | bottom, lines.bottom_right, small)
    write(painter, upper_right, right | top, lines.top_right, small)
    if corners.result:
        wide = QRectF(area)
        wide.setLeft(area.right() - area.width() * RESULT_SHARE)
        height = len(lines.top_right)
        blank = [""] * height
        write(painter, wide, right | top, [*blank, corners.result], small, RESULT_INK)
    _paint_sides(painter, area, corners.orientation.letters(corners.radiograph.metadata.patient_orientation), font)


def _letters(inside: QRectF, font: QFont) -> QFont:
    # Chosen for values of any image: letters must not change their size while window or zoom change.
    longest = window_text(VoiWindow(LONG_VALUE, LONG_VALUE))
    sizes = [font_of(font, size) for size in LETTER_SIZES]
    room = inside.width() * CORNER_SHARE
    return next((made for made in sizes if QFontMetricsF(made).horizontalAdvance(longest) <= room), sizes[-1])


def _paint_sides(painter: QPainter, area: QRectF, letters: EdgeLetters, font: QFont) -> None:
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
    centre, middle = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignVCenter
    if letters == EdgeLetters():
        write(painter, area, left | middle, [_("side"), _("not stated")], font_of(font, 0.9))
        return
    large = font_of(font, 1.4, bold=True)
    for text, side in (
        (letters.left, left | middle),
        (letters.right, right | middle),
        (letters.top, centre | top),
        (letters.bottom, centre | bottom),
    ):
        if text:
            write(painter, area, side, [text], large, INK)


def window_text(window: VoiWindow) -> str:
    """Centre and width, with decimals only for narrow windows."""
    digits = 0 if window.width >= 20 else 3
    return _("C {centre}  W {width}").format(centre=f"{window.centre:.{digits}f}", width=f"{window.width:.{digits}f}")


def _patient(metadata: ImageMetadata, *, hidden: bool) -> tuple[str, ...]:
    if hidden:
        return (_("de-identified"),)
    born = _("born {date}").format(date=shown_date(metadata.patient_birth_date)) if metadata.patient_birth_date else ""
    age = shown_age(metadata.patient_age) or visible(metadata.patient_age)
    person = "  ".join(part for part in (metadata.patient_sex, age, born) if part)
    return _filled(person_name(metadata.patient_name), metadata.patient_id, person)


def _image(metadata: ImageMetadata, *, hidden: bool) -> tuple[str, ...]:
    laterality = _("laterality {side}").format(side=metadata.image_laterality) if metadata.image_laterality else ""
    view = "  ".join(part for part in (metadata.modality, metadata.view_position, laterality) if part)
    if hidden:
        return _filled(view)
    return _filled(shown_date(metadata.study_date), metadata.study_description, view)


def _orientation(orientation: Orientation) -> str:
    parts = []
    if orientation.mirrored:
        parts.append(_("flipped"))
    if orientation.quarter_turns:
        parts.append(_("rotated {degrees}°").format(degrees=90 * orientation.quarter_turns))
    return ", ".join(parts)


def _filled(*lines: str) -> tuple[str, ...]:
    return tuple(line for line in lines if line.strip())

"""Image files, PNG and JPEG, with model, software and intended use in their metadata; views also show them.

The unwindowed image is a PNG of 16 bits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

from app.report.fonts import load_fonts, report_font
from app.report.provenance import software
from app.report.saving import save
from bsnet_core.display import deep_grey_levels
from bsnet_core.errors import ReportError
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.intended_use import research_only
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph

STRIP_PT = 8.0
STRIP_COLOUR = QColor(20, 22, 26)
STRIP_TEXT = QColor(225, 229, 233)
SHOWN_HASH = 12
Kind = Literal["PNG", "JPEG"]
JPEG_SUFFIXES = (".jpg", ".jpeg")
JPEG_QUALITY = 95


def view_image(view: QImage, model: ModelIdentity | None) -> QImage:
    """The view as on the screen, above a strip with the intended use and the model.

    Args:
        view: The grabbed view, with its corner texts.
        model: The model whose results it shows; None if it shows none.

    Returns:
        The view with the strip below, at the view's pixel ratio, with the texts of `describe`.
    """
    load_fonts()
    ratio = view.devicePixelRatio()
    width = view.width() / ratio
    font = report_font(STRIP_PT)
    text = "   ·   ".join(_strip_parts(model))
    measure = QImage(1, 1, QImage.Format.Format_RGB32)
    painter = QPainter(measure)
    painter.setFont(font)
    flags = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap)
    bounds = painter.boundingRect(QRectF(0, 0, max(width - 16, 1), 1000), flags, text)
    painter.end()
    strip = bounds.height() + 8
    image = QImage(view.width(), view.height() + round(strip * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(STRIP_COLOUR)
    painter = QPainter(image)
    painter.drawImage(0, 0, view)
    painter.setFont(font)
    painter.setPen(STRIP_TEXT)
    painter.drawText(QRectF(8, view.height() / ratio + 4, width - 16, strip), flags, text)
    painter.end()
    describe(image, model)
    return image


def describe(image: QImage, model: ModelIdentity | None) -> None:
    """Adds model, software and intended use to the texts of an image; nothing about the patient."""
    image.setText("Description", research_only())
    image.setText("Software", software())
    if model is not None:
        image.setText("Model", f"{model.name} {model.version}")
        image.setText("Weights-SHA-256", model.sha256)


def unwindowed_image(radiograph: Radiograph) -> QImage:
    """The radiograph alone in 16 bits: its modality values in the file's own polarity, without a window.

    Its texts give the formula from pixels to modality values; nothing in it names the patient or a model.
    """
    grey_levels = deep_grey_levels(radiograph)
    height, width = grey_levels.pixels.shape
    image = QImage(grey_levels.pixels.tobytes(), width, height, 2 * width, QImage.Format.Format_Grayscale16).copy()
    spacing = radiograph.metadata.spacing
    if spacing is not None and spacing.row_mm > 0 and spacing.column_mm > 0:
        image.setDotsPerMeterX(round(1000 / spacing.column_mm))
        image.setDotsPerMeterY(round(1000 / spacing.row_mm))
    describe(image, None)
    image.setText("Modality-Value", f"{grey_levels.slope:.9g} * pixel + {grey_levels.intercept:.9g}")
    return image


def write_image(image: QImage, path: Path, *, overwrite: bool = False) -> Path:
    """Writes an image as PNG or JPEG by the suffix of its name; for a worker thread.

    Raises:
        ReportError: the file could not be written, or cannot be opened.
    """
    kind = kind_of(path)
    return save(image_bytes(image, kind), path, overwrite=overwrite, check=lambda data: _check(data, image, kind))


def write_png(image: QImage, path: Path, *, overwrite: bool = False) -> Path:
    """Writes an image as PNG, whatever its suffix; for a worker thread.

    Raises:
        ReportError: the file could not be written, or cannot be opened.
    """
    return save(png_bytes(image), path, overwrite=overwrite, check=lambda data: _check(data, image, "PNG"))


def kind_of(path: Path) -> Kind:
    """The image format for a file's suffix; PNG unless the suffix is JPEG's."""
    return "JPEG" if path.suffix.lower() in JPEG_SUFFIXES else "PNG"


def png_bytes(image: QImage) -> bytes:
    """An image as PNG with its text chunks."""
    return image_bytes(image, "PNG")


def image_bytes(image: QImage, kind: Kind) -> bytes:
    """An image as PNG or JPEG, its texts in PNG's chunks or JPEG's comments."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, kind, JPEG_QUALITY if kind == "JPEG" else -1):  # type: ignore[call-overload]
        raise ReportError(_("The image could not be created. Try again."))
    return bytes(buffer.data().data())


def copy_image(image: QImage) -> None:
    """Puts an image on the clipboard; on the GUI thread."""
    QGuiApplication.clipboard().setImage(image)


def _strip_parts(model: ModelIdentity | None) -> list[str]:
    parts = [research_only(), software()]
    if model is not None:
        parts.append(f"{model.name} {model.version} sha256 {model.sha256[:SHOWN_HASH]}")
    return parts


def _check(data: bytes, image: QImage, kind: Kind) -> None:
    read = QImage.fromData(data)
    has_all = read.size() == image.size() and all(read.text(key) == image.text(key) for key in image.textKeys())
    if has_all and kind == "PNG":  # JPEG loses detail
        has_all = read.convertToFormat(image.format()) == image
    if not has_all:
        raise ReportError(_("The image was incomplete and has not been saved. Try again."))

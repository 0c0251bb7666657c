import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from app.canvas.drawing.lettering import INK, font_of, write, write_on_plate

pytestmark = pytest.mark.usefixtures("qapp")  # text is drawn
CENTRE = Qt.AlignmentFlag.AlignCenter


def drawn(paint, ground):
    """(60, 200) grey levels after painting over an even ground."""
    image = QImage(200, 60, QImage.Format.Format_RGB32)
    image.fill(QColor(ground, ground, ground))
    with QPainter(image) as painter:
        result = paint(painter)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(60, 200, 4)[..., :3]
    return pixels.mean(axis=2), result


def font():
    return font_of(QFont(), 1.0)


@pytest.mark.parametrize("ground", [0, 255])
def test_letters_are_bright_on_black_and_have_a_dark_rim_on_white(ground):
    pixels, _ = drawn(lambda painter: write(painter, QRectF(0, 0, 200, 60), CENTRE, ["A 3"], font()), ground)
    assert pixels.max() > 0.9 * INK.lightness()
    assert pixels.min() < 80


def test_a_line_is_cut_to_the_width_of_its_place():
    pixels, _ = drawn(lambda painter: write(painter, QRectF(60, 0, 80, 60), CENTRE, ["long " * 30], font()), 0)
    columns = np.flatnonzero(pixels.max(axis=0) > 100)
    assert 50 < columns.min() < columns.max() < 150


@pytest.mark.parametrize("corner", [QPointF(-50, -50), QPointF(500, 500), QPointF(20, 10)])
def test_a_plate_stays_inside_its_area(corner):
    area = QRectF(0, 0, 200, 60)
    _, plate = drawn(lambda painter: write_on_plate(painter, corner, ["5.0 mm"], font(), INK, area), 0)
    assert area.contains(plate)


def test_a_font_follows_the_base_and_never_gets_unreadable():
    base = QFont()
    base.setPixelSize(20)
    assert font_of(base, 1.5, bold=True).pixelSize() == 30
    assert font_of(base, 1.5, bold=True).bold()
    assert font_of(base, 0.01).pixelSize() == 8

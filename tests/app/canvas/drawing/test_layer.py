from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from app.canvas.drawing.layer import Layer


class CountingLayer:
    """A layer that draws one square of ten image pixels, and counts how often it had to."""

    def __init__(self):
        self.layer, self.count = Layer(), 0
        self.state = object()

    def paint(self, to_view, *, moving=False, state=None):
        image = QImage(200, 200, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.black)
        area = QRectF(0, 0, 200, 200)

        def draw(painter, to_units, size):
            self.count += 1
            painter.fillRect(to_units.mapRect(QRectF(20, 20, 10, 10)), QColor(255, 255, 255))

        with QPainter(image) as painter:
            extent = to_view.mapRect(QRectF(0, 0, 100, 100))
            self.layer.paint(painter, draw, (state or self.state,), to_view, area, extent, moving=moving)
        return image


def white_part(image):
    rows = [y for y in range(200) if any(image.pixelColor(x, y).red() > 200 for x in range(200))]
    columns = [x for x in range(200) if any(image.pixelColor(x, y).red() > 200 for y in range(200))]
    return QRect(QPoint(columns[0], rows[0]), QPoint(columns[-1], rows[-1]))


def test_a_layer_is_drawn_once_for_many_frames():
    counting = CountingLayer()
    for step in range(20):
        assert white_part(counting.paint(QTransform.fromTranslate(3 * step, step))) == QRect(
            20 + 3 * step, 20 + step, 10, 10
        )
    assert counting.count == 1
    assert counting.layer.is_exact


def test_half_a_pixel_is_shifted_roughly_while_moving_and_drawn_at_rest():
    counting = CountingLayer()
    counting.paint(QTransform())
    counting.paint(QTransform.fromTranslate(0.4, 0), moving=True)
    assert (counting.count, counting.layer.is_exact) == (1, False)
    counting.paint(QTransform.fromTranslate(0.4, 0))
    assert (counting.count, counting.layer.is_exact) == (2, True)


def test_a_zoom_scales_the_layer_while_it_lasts():
    counting = CountingLayer()
    counting.paint(QTransform())
    zoomed = counting.paint(QTransform.fromScale(1.5, 1.5), moving=True)
    assert white_part(zoomed) == QRect(30, 30, 15, 15)
    assert (counting.count, counting.layer.is_exact) == (1, False)


def test_what_the_layer_shows_is_known_by_what_it_is_made_of():
    counting = CountingLayer()
    counting.paint(QTransform())
    counting.paint(QTransform(), moving=True, state=object())
    assert counting.count == 2

"""Overlays painted over even grey, one screen pixel per image pixel."""

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from app.canvas.overlays import lungs, stack, zones
from tests.app.predictions import IMAGE_SHAPE

HEIGHT, WIDTH = IMAGE_SHAPE
GREY = 90


def painted(paint):
    """(H, W, 3) colours after painting over even grey, one screen pixel per image pixel."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor(GREY, GREY, GREY))
    painter = QPainter(image)
    paint(painter, QTransform())
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(HEIGHT, WIDTH, 4)
    return pixels[..., 2::-1].astype(int)


def stacked(state, orientation=("L", "F")):
    return painted(lambda painter, to_view: stack.paint(painter, to_view, state, orientation))


def state_of(result, shown=("lungs", "zones"), **more):
    return stack.OverlayState(
        {name: name in shown for name in ("lungs", "lung_fill", "zones", "scores", "explanation")},
        {},
        lungs.outline_of(result),
        result.frames,
        zones.labels_of(result),
        **more,
    )

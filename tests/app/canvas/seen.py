"""Grey levels that are seen on a view."""

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage


def screen(view):
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].astype(int)


def image_on(view):
    """Grey levels of the image's middle, without corner texts and side letters."""
    geometry = view.view_geometry
    upper_left = geometry.to_view.map(QPointF(40, 40))
    lower_right = geometry.to_view.map(QPointF(160, 120))
    return screen(view)[round(upper_left.y()) : round(lower_right.y()), round(upper_left.x()) : round(lower_right.x())]

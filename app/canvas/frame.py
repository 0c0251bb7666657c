"""One display frame of a large radiograph: look-up table on the visible part of the right pyramid level only.

Kept apart from the widget so that its cost can be measured.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

SMALLEST_LEVEL_PX = 256


class FrameRenderer:
    """A pyramid of stored values; every level is half the one before, averaged."""

    def __init__(self, stored: npt.NDArray[np.uint16]) -> None:
        """Args: stored: (H, W) uint16 codes; kept, not copied."""
        self._levels = [stored]
        while min(self._levels[-1].shape) >= 2 * SMALLEST_LEVEL_PX:
            height, width = self._levels[-1].shape
            half = cv2.resize(self._levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
            self._levels.append(half)
        self._buffer = np.zeros(0, dtype=np.uint8)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the full picture."""
        height, width = self._levels[0].shape
        return height, width

    def render(
        self, painter: QPainter, table: npt.NDArray[np.uint8], visible: QRectF, target: QRectF, device_scale: float
    ) -> None:
        """Paints a part of the picture.

        Args:
            painter: Any; the picture is drawn smoothly scaled.
            table: (65536,) uint8 grey of every code (`bsnet_core.display.display_table`).
            visible: The part in image pixels.
            target: Where it goes in the painter's coordinates.
            device_scale: Device pixels per painter unit (HiDPI).
        """
        if visible.isEmpty() or target.isEmpty():
            return
        level_index = self._level_for(visible.width() / (target.width() * device_scale))
        level = self._levels[level_index]
        full_height, full_width = self.shape
        scale_x, scale_y = level.shape[1] / full_width, level.shape[0] / full_height
        left = max(int(visible.left() * scale_x) - 1, 0)
        top = max(int(visible.top() * scale_y) - 1, 0)
        right = min(int(np.ceil(visible.right() * scale_x)) + 1, level.shape[1])
        bottom = min(int(np.ceil(visible.bottom() * scale_y)) + 1, level.shape[0])
        if right <= left or bottom <= top:
            return
        grey = self._grey_of(level[top:bottom, left:right], table)
        height, width = grey.shape
        image = QImage(grey.data, width, height, grey.strides[0], QImage.Format.Format_Grayscale8)
        per_x, per_y = target.width() / visible.width(), target.height() / visible.height()
        place = QRectF(
            target.left() + (left / scale_x - visible.left()) * per_x,
            target.top() + (top / scale_y - visible.top()) * per_y,
            width / scale_x * per_x,
            height / scale_y * per_y,
        )
        # Beyond about three screen pixels per image pixel the reader wants to see the pixels themselves.
        magnified = per_x * device_scale > 3
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not magnified)
        painter.drawImage(place, image)

    def _level_for(self, image_pixels_per_device_pixel: float) -> int:
        steps = int(np.floor(np.log2(max(image_pixels_per_device_pixel, 1.0))))
        return min(steps, len(self._levels) - 1)

    def _grey_of(self, codes: npt.NDArray[np.uint16], table: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        height, width = codes.shape
        stride = -(-width // 4) * 4
        if self._buffer.size < height * stride:
            self._buffer = np.empty(height * stride, dtype=np.uint8)
        grey = self._buffer[: height * stride].reshape(height, stride)[:, :width]
        np.take(table, codes, out=grey, mode="clip")
        return grey

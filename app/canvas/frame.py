"""One display frame of a large radiograph: the visible part of the right pyramid level, through the look-up table.

Kept apart from the widget so that its cost can be measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QTransform

SMALLEST_LEVEL_PX = 256
SHOW_PIXELS_FROM = 3.0
"""Device pixels per image pixel from which the reader wants to see the pixels themselves."""


@dataclass(frozen=True)
class Frame:
    """A finished part of the screen.

    Attributes:
        image: Gray8; its memory belongs to the renderer and lasts until the next frame.
        left_px, top_px: Where it lies, in device pixels of the view.
    """

    image: QImage
    left_px: int
    top_px: int


class FrameRenderer:
    """A pyramid of stored values; every level is half the one before, averaged."""

    def __init__(self, stored: npt.NDArray[np.uint16]) -> None:
        """Args: stored: (H, W) uint16 codes; kept, not copied."""
        self._levels = [stored]
        while min(self._levels[-1].shape) >= 2 * SMALLEST_LEVEL_PX:
            height, width = self._levels[-1].shape
            half = cv2.resize(self._levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
            self._levels.append(half)
        self._codes = np.zeros((0, 0), dtype=np.uint16)
        self._codes_shown: tuple[float, ...] | None = None
        self._buffer = np.zeros(0, dtype=np.uint8)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the full picture."""
        height, width = self._levels[0].shape
        return height, width

    def render(self, table: npt.NDArray[np.uint8], image_to_device: QTransform, view_size: QSize) -> Frame | None:
        """The part of the picture that lies inside the view.

        The picture is resampled first and mapped to grey after, so that moving the window alone costs one look-up
        per device pixel.

        Args:
            table: (65536,) uint8 grey of every code (`bsnet_core.display.display_table`).
            image_to_device: Scale and shift from image pixels to device pixels of the view.
            view_size: Of the view in device pixels.

        Returns:
            None where the picture lies outside the view.
        """
        scale_x, scale_y = image_to_device.m11(), image_to_device.m22()
        shift_x, shift_y = image_to_device.dx(), image_to_device.dy()
        full_height, full_width = self.shape
        left, top = max(round(shift_x), 0), max(round(shift_y), 0)
        width = min(round(shift_x + full_width * scale_x), view_size.width()) - left
        height = min(round(shift_y + full_height * scale_y), view_size.height()) - top
        if width <= 0 or height <= 0:
            return None
        wanted = (scale_x, scale_y, left - shift_x, top - shift_y, width, height)
        if wanted != self._codes_shown:
            self._codes = self._resampled(*wanted)
            self._codes_shown = wanted
        return Frame(self._grey_of(self._codes, table), left, top)

    def _resampled(
        self, scale_x: float, scale_y: float, offset_x: float, offset_y: float, width: int, height: int
    ) -> npt.NDArray[np.uint16]:
        """Codes of the device pixels whose first corner lies `offset` device pixels from the picture's."""
        level = self._levels[self._level_for(1 / max(scale_x, scale_y))]
        full_height, full_width = self.shape
        step_x, step_y = level.shape[1] / full_width / scale_x, level.shape[0] / full_height / scale_y
        first_x, first_y = (offset_x + 0.5) * step_x - 0.5, (offset_y + 0.5) * step_y - 0.5
        # Only what is needed: OpenCV's warp counts in 16 bits, large films can be wider.
        left, top = max(int(first_x) - 1, 0), max(int(first_y) - 1, 0)
        needed = level[top : int(first_y + height * step_y) + 3, left : int(first_x + width * step_x) + 3]
        magnified = min(scale_x, scale_y) >= SHOW_PIXELS_FROM
        return cv2.warpAffine(
            needed,
            np.array([[step_x, 0.0, first_x - left], [0.0, step_y, first_y - top]]),
            (width, height),
            flags=(cv2.INTER_NEAREST if magnified else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def _level_for(self, image_pixels_per_device_pixel: float) -> int:
        steps = int(np.floor(np.log2(max(image_pixels_per_device_pixel, 1.0))))
        return min(steps, len(self._levels) - 1)

    def _grey_of(self, codes: npt.NDArray[np.uint16], table: npt.NDArray[np.uint8]) -> QImage:
        height, width = codes.shape
        stride = -(-width // 4) * 4  # QImage wants rows of whole 32-bit words
        if self._buffer.size < height * stride:
            self._buffer = np.zeros(height * stride, dtype=np.uint8)
        grey = self._buffer[: height * stride].reshape(height, stride)[:, :width]
        np.take(table, codes, out=grey, mode="clip")
        return QImage(self._buffer.data, width, height, stride, QImage.Format.Format_Grayscale8)

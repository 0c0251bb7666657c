"""One display frame of a large radiograph: the visible part of the right pyramid level, through a look-up table.

Separate from the widget, so that its cost can be measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QTransform

SMALLEST_LEVEL_PX = 256
SHOW_PIXELS_FROM = 3.0
"""From this many device pixels per image pixel on, the pixels themselves are shown instead of interpolated values."""
OPENCV_LOOKS_UP_16_BIT = int(cv2.__version__.split(".")[0]) >= 5
"""OpenCV's look-up is three times as fast as numpy's; before version 5 it was for 8 bits only."""
TRANSPOSED = QTransform(0, 1, 1, 0, 0, 0)
GreyTable = npt.NDArray[np.uint8]
ColourTable = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Frame:
    """A finished part of the screen.

    Attributes:
        image: Gray8 or, through a table of colours, premultiplied ARGB32; its memory belongs to the renderer and
            lasts until the next frame.
        left_px, top_px: The place of its upper left corner, in device pixels of the view.
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
        self._forget_frame()

    def _forget_frame(self) -> None:
        self._codes = np.zeros((0, 0), dtype=np.uint16)
        self._place_of_codes: tuple[float, ...] | None = None
        self._buffer = np.zeros(0, dtype=np.uint8)

    def twin(self) -> FrameRenderer:
        """Another renderer that shares the pyramid, for a second place on the screen: each keeps its own last frame."""
        twin = FrameRenderer.__new__(FrameRenderer)
        twin._levels = self._levels
        twin._forget_frame()
        return twin

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the full image."""
        height, width = self._levels[0].shape
        return height, width

    def render(self, table: GreyTable | ColourTable, image_to_device: QTransform, view_size: QSize) -> Frame | None:
        """The part of the image inside the view.

        The image is resampled first and mapped to grey levels afterwards, so that changing the window alone costs one
        look-up per device pixel. Rotated and mirrored images cost no more than others.

        Args:
            table: (65536,) grey level (uint8, `bsnet_core.display.display_table`) or premultiplied ARGB (uint32) of
                every code.
            image_to_device: From image pixels to device pixels of the view: scale, shift, quarter turns, mirroring.
            view_size: Size of the view in device pixels.

        Returns:
            None where the image lies outside the view.
        """
        full_height, full_width = self.shape
        covered = image_to_device.mapRect(QRectF(0, 0, full_width, full_height))
        left, top = max(round(covered.left()), 0), max(round(covered.top()), 0)
        width = min(round(covered.right()), view_size.width()) - left
        height = min(round(covered.bottom()), view_size.height()) - top
        if width <= 0 or height <= 0:
            return None
        place = (*_coefficients(image_to_device), left, top, width, height)
        if place != self._place_of_codes:
            self._codes = self._resampled(image_to_device, left, top, width, height)
            self._place_of_codes = place
        return Frame(self._looked_up(self._codes, table), left, top)

    def _resampled(
        self, image_to_device: QTransform, left: int, top: int, width: int, height: int
    ) -> npt.NDArray[np.uint16]:
        """(height, width) codes of the device pixels from `left`, `top` on."""
        if image_to_device.m11() == 0:
            # A quarter turn: sampling along the rows and transposing the result is twice as fast as sampling across.
            transposed = self._resampled(image_to_device * TRANSPOSED, top, left, height, width)
            return cv2.transpose(transposed)
        scale_x, scale_y = abs(image_to_device.m11()), abs(image_to_device.m22())
        magnified = min(scale_x, scale_y) >= SHOW_PIXELS_FROM
        is_actual_size = max(abs(scale_x - 1), abs(scale_y - 1)) < 1e-9
        if is_actual_size:
            # Shifted by whole pixels, so that nothing is interpolated and nothing blurred.
            shift_x, shift_y = round(image_to_device.dx()), round(image_to_device.dy())
            image_to_device = QTransform(image_to_device.m11(), 0, 0, image_to_device.m22(), shift_x, shift_y)
        level = self._levels[self._level_for(1 / max(scale_x, scale_y))]
        full_height, full_width = self.shape
        level_height, level_width = level.shape
        to_image, _ = image_to_device.inverted()
        to_level = to_image * QTransform.fromScale(level_width / full_width, level_height / full_height)
        # Only the needed part: OpenCV's warp counts in 16 bits, and large images can be wider.
        needed = to_level.mapRect(QRectF(left, top, width, height))
        first_column, first_row = max(int(needed.left()) - 2, 0), max(int(needed.top()) - 2, 0)
        part = level[first_row : int(needed.bottom()) + 3, first_column : int(needed.right()) + 3]
        # From the centre of a device pixel to the centre of a pixel of that part.
        centre_to_centre = (
            QTransform.fromTranslate(left + 0.5, top + 0.5)
            * to_level
            * QTransform.fromTranslate(-first_column - 0.5, -first_row - 0.5)
        )
        m11, m12, m21, m22, dx, dy = _coefficients(centre_to_centre)
        return cv2.warpAffine(
            part,
            np.array([[m11, m21, dx], [m12, m22, dy]]),
            (width, height),
            flags=(cv2.INTER_NEAREST if magnified or is_actual_size else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def _level_for(self, image_pixels_per_device_pixel: float) -> int:
        steps = int(np.floor(np.log2(max(image_pixels_per_device_pixel, 1.0))))
        return min(steps, len(self._levels) - 1)

    def _looked_up(self, codes: npt.NDArray[np.uint16], table: GreyTable | ColourTable) -> QImage:
        height, width = codes.shape
        pixel_bytes = table.dtype.itemsize
        stride = -(-width * pixel_bytes // 4) * 4  # QImage needs rows of whole 32-bit words
        if self._buffer.size < height * stride:
            self._buffer = np.zeros(height * stride, dtype=np.uint8)
        rows = self._buffer[: height * stride].reshape(height, stride)[:, : width * pixel_bytes]
        look_up(table, codes, rows.view(table.dtype))
        grey = QImage.Format.Format_Grayscale8
        pixel_format = grey if table.dtype == np.uint8 else QImage.Format.Format_ARGB32_Premultiplied
        return QImage(self._buffer.data, width, height, stride, pixel_format)


def look_up(
    table: GreyTable | ColourTable,
    codes: npt.NDArray[np.uint16],
    into: npt.NDArray[np.uint8] | npt.NDArray[np.uint32],
) -> None:
    """Writes `table[codes]` into an array of the table's type."""
    if OPENCV_LOOKS_UP_16_BIT:
        # OpenCV has no unsigned 32-bit numbers; the bits are the same.
        supported = table.dtype if table.dtype == np.uint8 else np.dtype(np.int32)
        cv2.LUT(codes, table.view(supported), into.view(supported))
    else:
        np.take(table, codes, out=into, mode="clip")


def _coefficients(transform: QTransform) -> tuple[float, float, float, float, float, float]:
    return transform.m11(), transform.m12(), transform.m21(), transform.m22(), transform.dx(), transform.dy()

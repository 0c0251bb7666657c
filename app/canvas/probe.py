"""The pixel under the pointer: its stored, modality and displayed value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.canvas.measuring import Point
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph


@dataclass(frozen=True, slots=True)
class ProbeReading:
    """One pixel.

    Attributes:
        column, row: Counted from 0.
        stored: As in the file.
        modality: After Modality LUT or rescale.
        displayed: Grey level independent of any screen, 0 black to 255 white.
        is_padding: Whether the pixel is padding outside the exposed image.
    """

    column: int
    row: int
    stored: int
    modality: float
    displayed: int
    is_padding: bool

    @property
    def text(self) -> str:
        """One line for a corner or the status bar."""
        place = _("x {column}, y {row}").format(column=self.column, row=self.row)
        values = _("stored {stored}, modality {modality}, grey level {displayed}").format(
            stored=self.stored, modality=f"{self.modality:g}", displayed=self.displayed
        )
        return f"{place}: {values}" + (", " + _("padding") if self.is_padding else "")


def probe(radiograph: Radiograph, table: npt.NDArray[np.uint8], point: Point) -> ProbeReading | None:
    """The pixel at an image point; None outside the image.

    Args:
        radiograph: The image.
        table: (65536,) displayed grey level of every code.
        point: x, y in image pixels.
    """
    height, width = radiograph.shape
    column, row = int(np.floor(point[0])), int(np.floor(point[1]))
    if not (0 <= column < width and 0 <= row < height):
        return None
    code = radiograph.stored[row, column]
    stored = int(code) + radiograph.stored_offset
    low, high = radiograph.padding if radiograph.padding is not None else (1, 0)
    modality = float(radiograph.modality_of(np.array([code]))[0])
    return ProbeReading(column, row, stored, modality, int(table[code]), low <= stored <= high)

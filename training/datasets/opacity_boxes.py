"""A radiologist's class of an image, and boxes around its opacities (RSNA Pneumonia Detection Challenge)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LungClass(StrEnum):
    """The class of an image; the values are those of the table."""

    NORMAL = "normal"
    NO_OPACITY = "not-normal-without-opacity"
    """Something else than an opacity."""
    OPACITY = "opacity"
    """At least one opacity suspicious of pneumonia; it has boxes."""


@dataclass(frozen=True, slots=True)
class OpacityBox:
    """A rectangle around an opacity, in shares of the image's width and height.

    Attributes:
        left, top: Corner, counted from the image's top left.
        width, height: Size, above 0.
    """

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        # Written so that NaN is rejected too. The tables round to four digits.
        within = (
            self.left >= 0 and self.top >= 0 and self.left + self.width <= 1.001 and self.top + self.height <= 1.001
        )
        if not (within and self.width > 0 and self.height > 0):
            raise ValueError(f"A box lies within the image and is not empty, got {self}.")

    @classmethod
    def from_text(cls, text: str) -> OpacityBox:
        """The box written as "left top width height".

        Raises:
            ValueError: not four numbers, or not a box within the image.
        """
        left, top, width, height = (float(number) for number in text.split())
        return cls(left, top, width, height)

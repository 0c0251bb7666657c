"""How a stored picture is turned so that the patient stands upright with the right side on the left of the picture.

Source: Patient Orientation, DICOM PS3.3 C.7.6.1.1.1. Only what the file states counts; a picture that states nothing
is taken as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

ACROSS = ("L", "R")
"""Where rows of an upright frontal picture run to, and the opposite."""
DOWN = ("F", "H")
"""Where its columns run to, and the opposite."""


@dataclass(frozen=True, slots=True)
class StandardOrientation:
    """One of the eight ways a picture can have been stored; made in this order: transposed, then mirrored.

    Attributes:
        transposed: Whether rows and columns change places.
        mirrored_x: Whether left and right change places.
        mirrored_y: Whether top and bottom change places.
    """

    transposed: bool = False
    mirrored_x: bool = False
    mirrored_y: bool = False

    @classmethod
    def of(cls, patient_orientation: tuple[str, str] | None) -> StandardOrientation:
        """The turn that makes a frontal picture upright.

        Args:
            patient_orientation: Where rows and where columns run to. What is missing, unknown or of another plane
                turns nothing.
        """
        along_rows, along_columns = (text[:1].upper() for text in patient_orientation or ("", ""))
        if along_rows in DOWN and along_columns in ACROSS:
            return cls(True, along_columns == "R", along_rows == "H")
        if along_rows in ("", *ACROSS) and along_columns in ("", *DOWN):
            return cls(False, along_rows == "R", along_columns == "H")
        return cls()

    @property
    def changes_nothing(self) -> bool:
        """Whether the picture is upright as it is stored."""
        return not (self.transposed or self.mirrored_x or self.mirrored_y)

    def standard_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the upright picture from the stored one's."""
        return (shape[1], shape[0]) if self.transposed else shape

    def to_standard(self, stored: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The upright picture, (H, W): a view."""
        turned = stored.T if self.transposed else stored
        return turned[:: -1 if self.mirrored_y else 1, :: -1 if self.mirrored_x else 1]

    def to_stored(self, standard: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The stored picture from the upright one, (H, W): a view."""
        turned = standard[:: -1 if self.mirrored_y else 1, :: -1 if self.mirrored_x else 1]
        return turned.T if self.transposed else turned

    def affine(self, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
        """(2, 3) map of points from the stored picture of this (height, width) to the upright one, pixel edges."""
        height, width = self.standard_shape(shape)
        linear = np.array([[0.0, 1.0], [1.0, 0.0]]) if self.transposed else np.eye(2)
        signs = np.array([[-1.0 if self.mirrored_x else 1.0], [-1.0 if self.mirrored_y else 1.0]])
        offset = np.array([[float(width) if self.mirrored_x else 0.0], [float(height) if self.mirrored_y else 0.0]])
        return np.hstack([signs * linear, offset])


AS_STORED = StandardOrientation()

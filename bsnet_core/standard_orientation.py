"""The turn of a stored image into standard orientation: head up, the patient's right on the left of the image.

Only the orientation stated by the file counts; without one the image is taken as stored.

Source: Patient Orientation, DICOM PS3.3 C.7.6.1.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

ACROSS = ("L", "R")
"""Direction of the rows of a frontal image in standard orientation, and the opposite."""
DOWN = ("F", "H")
"""Direction of its columns, and the opposite."""


@dataclass(frozen=True, slots=True)
class StandardOrientation:
    """One of the eight turns into standard orientation, done in this order: transposed, then mirrored.

    Attributes:
        transposed: Whether rows and columns are exchanged.
        mirrored_x: Whether left and right are exchanged.
        mirrored_y: Whether top and bottom are exchanged.
    """

    transposed: bool = False
    mirrored_x: bool = False
    mirrored_y: bool = False

    @classmethod
    def of(cls, patient_orientation: tuple[str, str] | None) -> StandardOrientation:
        """The turn for a frontal image.

        Args:
            patient_orientation: Directions of rows and columns. Missing, unknown and other than frontal orientations
                turn nothing.
        """
        along_rows, along_columns = (text[:1].upper() for text in patient_orientation or ("", ""))
        if along_rows in DOWN and along_columns in ACROSS:
            return cls(True, along_columns == "R", along_rows == "H")
        if along_rows in ("", *ACROSS) and along_columns in ("", *DOWN):
            return cls(False, along_rows == "R", along_columns == "H")
        return cls()

    @property
    def changes_nothing(self) -> bool:
        """Whether the image is stored in standard orientation."""
        return not (self.transposed or self.mirrored_x or self.mirrored_y)

    def standard_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(height, width) in standard orientation, from the stored (height, width)."""
        return (shape[1], shape[0]) if self.transposed else shape

    def to_standard(self, stored: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """View of the stored image in standard orientation, (H, W)."""
        turned = stored.T if self.transposed else stored
        return turned[:: -1 if self.mirrored_y else 1, :: -1 if self.mirrored_x else 1]

    def to_stored(self, standard: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """View of an image in standard orientation as it is stored, (H, W)."""
        turned = standard[:: -1 if self.mirrored_y else 1, :: -1 if self.mirrored_x else 1]
        return turned.T if self.transposed else turned

    def affine(self, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
        """(2, 3) map of points from the stored image of this (height, width) to standard orientation, pixel edges."""
        height, width = self.standard_shape(shape)
        linear = np.array([[0.0, 1.0], [1.0, 0.0]]) if self.transposed else np.eye(2)
        signs = np.array([[-1.0 if self.mirrored_x else 1.0], [-1.0 if self.mirrored_y else 1.0]])
        offset = np.array([[float(width) if self.mirrored_x else 0.0], [float(height) if self.mirrored_y else 0.0]])
        return np.hstack([signs * linear, offset])


AS_STORED = StandardOrientation()

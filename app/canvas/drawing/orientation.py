"""The image's orientation on the screen: quarter turns and mirroring, and the letters at its edges."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF
from PySide6.QtGui import QTransform

from bsnet_core.language import translate as _

OPPOSITE = {"R": "L", "L": "R", "A": "P", "P": "A", "H": "F", "F": "H"}
AXIS = {"R": "x", "L": "x", "A": "y", "P": "y", "H": "z", "F": "z"}
COSINES = (1, 0, -1, 0)
SINES = (0, 1, 0, -1)


@dataclass(frozen=True, slots=True)
class EdgeLetters:
    """The letters at the four edges of the screen; empty where the file does not state them."""

    left: str = ""
    top: str = ""
    right: str = ""
    bottom: str = ""


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight orientations of an image on the screen.

    Attributes:
        quarter_turns: Clockwise, 0 to 3, after mirroring.
        mirrored: Whether left and right of the image are exchanged.
    """

    quarter_turns: int = 0
    mirrored: bool = False

    @classmethod
    def standard(cls, patient_orientation: tuple[str, str] | None) -> Orientation:
        """The standard orientation: the patient's right on the left of the screen, the head up, by the least rotation.

        A direction that the file does not state rotates nothing.
        """

        def is_standard(orientation: Orientation) -> bool:
            letters = orientation.letters(patient_orientation)
            return letters.left[:1] in ("", "R") and letters.top[:1] in ("", "H")

        orientations = [cls(turns, mirrored) for mirrored in (False, True) for turns in range(4)]
        return next((orientation for orientation in orientations if is_standard(orientation)), cls())

    @property
    def swaps_sides(self) -> bool:
        """Whether the image's rows run up or down on the screen."""
        return self.quarter_turns % 2 == 1

    def rotated(self, quarter_turns: int) -> Orientation:
        """The orientation after further quarter turns, clockwise as seen on the screen."""
        return replace(self, quarter_turns=(self.quarter_turns + quarter_turns) % 4)

    def flipped_horizontally(self) -> Orientation:
        """The orientation with left and right of the screen exchanged."""
        return Orientation(-self.quarter_turns % 4, not self.mirrored)

    def flipped_vertically(self) -> Orientation:
        """The orientation with top and bottom of the screen exchanged."""
        return Orientation((2 - self.quarter_turns) % 4, not self.mirrored)

    @property
    def matrix(self) -> QTransform:
        """From directions on the image to directions on the screen, y downwards on both."""
        cosine, sine = COSINES[self.quarter_turns], SINES[self.quarter_turns]
        across = -1 if self.mirrored else 1
        return QTransform(across * cosine, across * sine, -sine, cosine, 0, 0)

    def letters(self, patient_orientation: tuple[str, str] | None) -> EdgeLetters:
        """The letters at the edges of the screen.

        Args:
            patient_orientation: The directions of rows and columns (DICOM PS3.3 C.7.6.1.1.1); missing, unknown or
                contradictory ones give no letters, never a guess.
        """
        along_rows, along_columns = patient_orientation or ("", "")
        if not is_stated(along_rows):
            along_rows = ""
        if not is_stated(along_columns):
            along_columns = ""
        if along_rows and along_columns and AXIS[along_rows[0]] == AXIS[along_columns[0]]:
            return EdgeLetters()
        on_edge = {
            (1, 0): along_rows,
            (-1, 0): opposite(along_rows),
            (0, 1): along_columns,
            (0, -1): opposite(along_columns),
        }
        to_image, _is_invertible = self.matrix.inverted()

        def letters_towards(x: int, y: int) -> str:
            direction = to_image.map(QPointF(x, y))
            return on_edge[round(direction.x()), round(direction.y())]

        return EdgeLetters(letters_towards(-1, 0), letters_towards(0, -1), letters_towards(1, 0), letters_towards(0, 1))


AS_STORED = Orientation()


def side_names(patient_orientation: tuple[str, str] | None) -> tuple[str, str]:
    """The names of the patient's right and left side: as the file states them, or said to be assumed.

    Source: Patient Orientation, DICOM PS3.3 C.7.6.1.1.1. A file that does not state the sides is taken to be in
    standard orientation.
    """
    letters = AS_STORED.letters(patient_orientation)
    if any(edge[:1] in ("R", "L") for edge in (letters.left, letters.top) if edge):
        return _("R (patient)"), _("L (patient)")
    return _("R assumed"), _("L assumed")


def is_stated(letters: str) -> bool:
    """Whether these are letters of DICOM's patient directions, with each axis once."""
    known = bool(letters) and all(letter in OPPOSITE for letter in letters)
    return known and len({AXIS[letter] for letter in letters}) == len(letters)


def opposite(letters: str) -> str:
    """The opposite direction."""
    return "".join(OPPOSITE[letter] for letter in letters)

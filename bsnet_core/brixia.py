"""The Brixia score: six zones, each 0 to 3 (Signoroni et al. 2021, section 3.1).

The only module that maps the order A-F to the network's 3 x 2 grid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from bsnet_core.language import translate as _

N_CLASSES = 4
GRID_SHAPE = (3, 2)


def zone_class_meaning(score: int) -> str:
    """The meaning of a zone's score of 0 to 3, in the language in use."""
    return (
        _("no abnormality"),
        _("interstitial infiltrates"),
        _("interstitial and alveolar, interstitial dominant"),
        _("interstitial and alveolar, alveolar dominant"),
    )[score]


class Zone(Enum):
    """One of six lung zones in reading order. A B C: the patient's right lung, on the left of the image."""

    A = 0
    B = 1
    C = 2
    D = 3
    E = 4
    F = 5

    @property
    def row(self) -> int:
        """Grid row: 0 upper, 1 middle, 2 lower."""
        return self.value % 3

    @property
    def column(self) -> int:
        """Grid column: 0 the patient's right lung, 1 the left."""
        return self.value // 3

    @property
    def mirrored(self) -> Zone:
        """The zone this one becomes when the image is flipped left to right."""
        return Zone((self.value + 3) % 6)

    @property
    def is_patient_right(self) -> bool:
        """Whether the zone lies in the patient's right lung."""
        return self.column == 0


ZONES: tuple[Zone, ...] = tuple(Zone)


@dataclass(frozen=True, slots=True)
class BrixiaScore:
    """One reading of one radiograph, zones in reading order A-F.

    The network's grid is 3 rows x 2 columns, column 0 = A B C: convert with `from_grid` and `grid`,
    never by reshape.
    """

    zones: tuple[int, int, int, int, int, int]

    def __post_init__(self) -> None:
        if len(self.zones) != 6 or any(score not in range(N_CLASSES) for score in self.zones):
            raise ValueError(f"A Brixia score has six zones of 0 to 3, got {self.zones}.")
        object.__setattr__(self, "zones", tuple(int(score) for score in self.zones))

    @classmethod
    def from_values(cls, values: Iterable[int]) -> BrixiaScore:
        """From six integers in reading order A-F."""
        return cls(tuple(values))  # type: ignore[arg-type]

    @classmethod
    def from_text(cls, text: str) -> BrixiaScore:
        """From a string of up to six digits ABCDEF; lost leading zeros are put back.

        Raises:
            ValueError: not digits, more than six of them, or a digit over 3.
        """
        digits = text.strip()
        if not digits.isascii() or not digits.isdigit() or len(digits) > 6:
            raise ValueError(f"A Brixia score is written as six digits, got {text!r}.")
        return cls.from_values(int(digit) for digit in digits.zfill(6))

    @classmethod
    def from_grid(cls, grid: npt.ArrayLike) -> BrixiaScore:
        """From (3, 2) integers, rows upper to lower, column 0 the patient's right lung."""
        array = np.asarray(grid)
        if array.shape != GRID_SHAPE:
            raise ValueError(f"A score grid has 3 rows and 2 columns, got shape {array.shape}.")
        return cls.from_values(int(array[zone.row, zone.column]) for zone in ZONES)

    @property
    def grid(self) -> npt.NDArray[np.int_]:
        """(3, 2) integers, rows upper to lower, column 0 the patient's right lung."""
        grid = np.empty(GRID_SHAPE, dtype=np.int_)
        for zone in ZONES:
            grid[zone.row, zone.column] = self.zones[zone.value]
        return grid

    def __getitem__(self, zone: Zone) -> int:
        return self.zones[zone.value]

    def __str__(self) -> str:
        return "".join(str(score) for score in self.zones)

    @property
    def total(self) -> int:
        """The global score, 0 to 18."""
        return sum(self.zones)

    @property
    def t_score(self) -> int:
        """The T score of Toussie et al.: the count of affected zones, 0 to 6 (paper 3.2)."""
        return sum(min(score, 1) for score in self.zones)

    def mirrored(self) -> BrixiaScore:
        """The score of the image flipped left to right (A-D, B-E and C-F change places)."""
        return BrixiaScore.from_values(self[zone.mirrored] for zone in ZONES)

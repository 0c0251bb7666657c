"""The Grayscale Standard Display Function: grey levels that look equally far apart on a screen of known luminance.

Luminances are in cd/m². A just noticeable difference (JND) is the least change of luminance that the average eye sees
under the standard's conditions; the function numbers them from 1, at 0.05 cd/m², to 1023.

Source: DICOM PS3.14, section 7.1 (both formulas) and annex B (the table they come from).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

LOWEST, HIGHEST = 0.05, 3993.404
"""Luminances of the first and the last JND."""
NUMERATOR = (-1.3011877, 8.0242636e-2, 1.3646699e-1, -2.5468404e-2, 1.3635334e-3)
"""The standard's a, c, e, g and m, for powers 0 to 4 of ln(j)."""
DENOMINATOR = (1.0, -2.5840191e-2, -1.0320229e-1, 2.8745620e-2, -3.1978977e-3, 1.2992634e-4)
"""1 and the standard's b, d, f, h and k, for powers 0 to 5 of ln(j)."""
INVERSE = (
    71.498068,
    94.593053,
    41.912053,
    9.8247004,
    0.28175407,
    -1.1878455,
    -0.18014349,
    0.14710899,
    -0.017046845,
)
"""The standard's A to I, for powers 0 to 8 of log10(L)."""
GAMMA = 2.2
"""Assumed of every screen: luminance over its minimum grows with this power of the driving level."""
STEPS = 4096
"""Number of P-values of a curve."""
LARGEST_LEVEL = 255


def luminance_of(jnd: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Luminance of JND indices, which need not be whole.

    Args:
        jnd: Any shape, in [1, 1023].

    Returns:
        Luminances of the same shape, in cd/m².
    """
    log_jnd = np.log(np.asarray(jnd, dtype=np.float64))
    polynomial = np.polynomial.polynomial.polyval
    return np.asarray(10.0 ** (polynomial(log_jnd, NUMERATOR) / polynomial(log_jnd, DENOMINATOR)))


def jnd_of(luminance: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """JND index of luminances in [0.05, 3993.404] cd/m²; inverse of `luminance_of` within the standard's fit."""
    log_luminance = np.log10(np.asarray(luminance, dtype=np.float64))
    return np.asarray(np.polynomial.polynomial.polyval(log_luminance, INVERSE))


@dataclass(frozen=True)
class Screen:
    """A screen, as measured or as its maker states it.

    Attributes:
        minimum: Luminance of black, without light in the room.
        maximum: Luminance of white, without light in the room.
        ambient: Luminance that the light in the room adds to both by reflection.
    """

    minimum: float
    maximum: float
    ambient: float = 0.0

    def __post_init__(self) -> None:
        seen_black, seen_white = self.minimum + self.ambient, self.maximum + self.ambient
        if not LOWEST <= seen_black < seen_white <= HIGHEST or self.minimum < 0 or self.ambient < 0:
            raise ValueError(f"The function has no grey levels from {seen_black} to {seen_white} cd/m².")

    def luminance_at(self, level: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Luminance of driving levels 0 to 255 with the light in the room, in cd/m²."""
        share = np.asarray(level, dtype=np.float64) / LARGEST_LEVEL
        return np.asarray(self.ambient + self.minimum + (self.maximum - self.minimum) * share**GAMMA)

    @cached_property
    def levels(self) -> npt.NDArray[np.uint8]:
        """(4096,) driving levels of P-values from black to white: equal steps of P-values are equal steps in JNDs."""
        first, last = jnd_of(self.luminance_at(0.0)), jnd_of(self.luminance_at(LARGEST_LEVEL))
        requested = luminance_of(np.linspace(first, last, STEPS))
        # The standard's two formulas are separate fits, so the ends are a little off.
        shares = np.clip((requested - self.ambient - self.minimum) / (self.maximum - self.minimum), 0.0, 1.0)
        levels = np.rint(LARGEST_LEVEL * shares ** (1 / GAMMA)).astype(np.uint8)
        levels[0], levels[-1] = 0, LARGEST_LEVEL
        levels.flags.writeable = False
        return levels

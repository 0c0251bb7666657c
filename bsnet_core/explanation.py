"""Super-pixel explanation maps (paper 5.4, Eq. 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import Zone


@dataclass(frozen=True)
class Explanation:
    """How masking each super-pixel of the network image changes every class probability.

    Attributes:
        superpixels: (S, S) int32 labels 0..N-1 in the network frame.
        contributions: (N, 3, 2, 4) float32, p_i - p_0: negative where the super-pixel speaks for the class.
        seconds: Wall-clock seconds of the whole computation.
    """

    superpixels: npt.NDArray[np.int32]
    contributions: npt.NDArray[np.float32]
    seconds: float

    def map_of(self, zone: Zone, score_class: int) -> npt.NDArray[np.float32]:
        """(S, S) float32, E = sum_i S_i (p_i - p_0) of one zone and class, network frame."""
        return self.contributions[self.superpixels, zone.row, zone.column, score_class]

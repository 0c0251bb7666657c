"""The result of an explanation, whole or partial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import Zone
from bsnet_core.frames import Frames


class Mode(StrEnum):
    """The way in which an explanation is computed."""

    EXACT = "exact"
    """The paper's definition."""
    FAST = "fast"
    """An approximation of it, see `bsnet_core.explanation.fast`."""


@dataclass(frozen=True)
class Explanation:
    """An explanation map: the change of every class probability by masking each super-pixel of the network image.

    Attributes:
        superpixels: (S, S) int32 labels 0..N-1 in the network frame.
        base_probabilities: (3, 2, 4) float32, p_0 of the unmasked image.
        contributions: (N, 3, 2, 4) float32, p_i - p_0: negative where the super-pixel supports the class; 0 where
            not computed.
        seconds: Wall-clock seconds of the computation so far.
        computed: (N,) bool, which super-pixels have been masked; all of them once the explanation is whole, unless
            it was limited to the lungs. All if not given.
        mode: Exact or fast.
        frames: Maps between network image and original image; None if not known.
    """

    superpixels: npt.NDArray[np.int32]
    base_probabilities: npt.NDArray[np.float32]
    contributions: npt.NDArray[np.float32]
    seconds: float
    computed: npt.NDArray[np.bool_] | None = None
    mode: Mode = Mode.EXACT
    frames: Frames | None = None

    @property
    def is_computed(self) -> npt.NDArray[np.bool_]:
        """(N,) bool, which super-pixels have been masked."""
        return np.ones(len(self.contributions), dtype=np.bool_) if self.computed is None else self.computed

    @property
    def is_whole(self) -> bool:
        """Whether every super-pixel has been masked."""
        return bool(self.is_computed.all())

    def map_of(self, zone: Zone, score_class: int) -> npt.NDArray[np.float32]:
        """(S, S) float32, E = sum_i S_i (p_i - p_0) of one zone and class, network frame."""
        return self.contributions[self.superpixels, zone.row, zone.column, score_class]

    def image_map_of(self, zone: Zone, score_class: int) -> npt.NDArray[np.float32]:
        """(height, width) float32, the map of one zone and class on the original pixel grid.

        Raises:
            ValueError: the explanation has no frames.
        """
        if self.frames is None:
            raise ValueError("This explanation holds no frames.")
        mapped = self.frames.network_map_to_image(self.map_of(zone, score_class), nearest=True)
        return np.asarray(mapped, dtype=np.float32)

    def image_superpixels(self) -> npt.NDArray[np.int32]:
        """(height, width) int32, the labels on the original pixel grid.

        Raises:
            ValueError: the explanation has no frames.
        """
        if self.frames is None:
            raise ValueError("This explanation holds no frames.")
        return np.asarray(self.frames.network_map_to_image(self.superpixels, nearest=True), dtype=np.int32)


OnPartial = Callable[[Explanation], None]
"""Called with the explanation so far, frozen like every `Explanation`."""


def no_partial(explanation: Explanation) -> None:
    """Does nothing; for callers who wait for the whole explanation."""

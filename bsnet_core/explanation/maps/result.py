"""The result of an explanation, whole or partial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import N_CLASSES, Zone
from bsnet_core.frames import Frames


class Mode(StrEnum):
    """The way in which an explanation is computed."""

    EXACT = "exact"
    """The paper's definition."""
    FAST = "fast"
    """An approximation of it, see `bsnet_core.explanation.fast`."""


class Masking(StrEnum):
    """The meaning of masking a super-pixel: what takes its place, and what stays as in the unmasked image."""

    BLACK = "black"
    """The paper's definition: the super-pixel is set to zero and the whole network runs, lungs and alignment too."""
    LUNGS_HELD = "lungs-held"
    """Set to zero, but lungs and alignment stay: a distant super-pixel moves no zone."""
    SURROUNDINGS = "surroundings"
    """Filled with the mean of its surroundings instead of zero; lungs and alignment stay."""
    EVIDENCE = "evidence"
    """Its part of every zone's latent score is taken away, see `bsnet_core.explanation.evidence`; the image stays."""

    @property
    def holds_lungs(self) -> bool:
        """Whether lungs and alignment stay as in the unmasked image."""
        return self is not Masking.BLACK


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
        masking: What masking means.
        evidence: (N, 3, 2) float32, the part of each zone's latent score that a super-pixel accounts for, in units of
            the Brixia score; they add up to the latent score. Only if `masking` is EVIDENCE.
        frames: Maps between network image and original image; None if not known.
    """

    superpixels: npt.NDArray[np.int32]
    base_probabilities: npt.NDArray[np.float32]
    contributions: npt.NDArray[np.float32]
    seconds: float
    computed: npt.NDArray[np.bool_] | None = None
    mode: Mode = Mode.EXACT
    frames: Frames | None = None
    masking: Masking = Masking.BLACK
    evidence: npt.NDArray[np.float32] | None = None

    @property
    def is_computed(self) -> npt.NDArray[np.bool_]:
        """(N,) bool, which super-pixels have been masked."""
        return np.ones(len(self.contributions), dtype=np.bool_) if self.computed is None else self.computed

    @property
    def is_whole(self) -> bool:
        """Whether every super-pixel has been masked."""
        return bool(self.is_computed.all())

    def strength_of(self, zone: Zone, score_class: int) -> npt.NDArray[np.float32]:
        """(N,) float32, how strongly each super-pixel supports a class of a zone, as shown; negative if it does not.

        How far masking lowers the probability of the class. With evidence: the latent score that the super-pixel
        accounts for, as if it had the mean area of all, so that large super-pixels are not shown as strong ones.
        """
        if self.evidence is None:
            return -self.contributions[:, zone.row, zone.column, score_class]
        return self._evidence_of_mean_area(self.evidence[:, zone.row, zone.column])

    def severity_of(self, zone: Zone) -> npt.NDArray[np.float32]:
        """(N,) float32, how much less severe a zone would be without each super-pixel; negative if more severe.

        The fall of the zone's expected value, in units of the Brixia score. With evidence: the latent score that the
        super-pixel accounts for, as in `strength_of`.
        """
        if self.evidence is None:
            expected = self.contributions[:, zone.row, zone.column] @ np.arange(N_CLASSES, dtype=np.float32)
            return np.asarray(-expected, dtype=np.float32)
        return self._evidence_of_mean_area(self.evidence[:, zone.row, zone.column])

    def _evidence_of_mean_area(self, evidence: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        areas = np.bincount(self.superpixels.ravel(), minlength=len(evidence))
        return np.asarray(evidence * (self.superpixels.size / len(areas)) / np.maximum(areas, 1), dtype=np.float32)

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

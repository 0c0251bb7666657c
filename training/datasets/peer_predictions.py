"""Predictions of other networks for an image: something to compare with, or a soft teacher."""

from __future__ import annotations

from dataclasses import dataclass

from bsnet_core.agreement import MAX_TOTAL
from bsnet_core.brixia import N_CLASSES, ZONES

ZoneClasses = tuple[tuple[float, ...], ...]
"""Four probabilities of each zone, in reading order A-F."""
ROUNDING = 0.01


@dataclass(frozen=True, slots=True)
class PeerPredictions:
    """Predictions of other networks for one image.

    Attributes:
        authors_global: Global score of the BS-Net released by its authors, hard attention; None if not known.
        authors_probabilities: Its class probabilities, zones A-F by classes 0-3; None if not known.
        pxs: Pulmonary X-ray severity score (Li et al. 2020), without an upper end; None if not known.
    """

    authors_global: int | None = None
    authors_probabilities: ZoneClasses | None = None
    pxs: float | None = None

    def __post_init__(self) -> None:
        if self.authors_global is not None and not 0 <= self.authors_global <= MAX_TOTAL:
            raise ValueError(f"A global score is 0 to {MAX_TOTAL}, got {self.authors_global}.")
        if self.authors_probabilities is not None:
            _check(self.authors_probabilities)

    @property
    def authors_expected(self) -> tuple[float, ...] | None:
        """Expected value of each zone under the authors' probabilities, A-F, 0 to 3; None if not known."""
        if self.authors_probabilities is None:
            return None
        return tuple(
            sum(score * share for score, share in enumerate(zone)) / sum(zone) for zone in self.authors_probabilities
        )


def _check(probabilities: ZoneClasses) -> None:
    if len(probabilities) != len(ZONES) or any(len(zone) != N_CLASSES for zone in probabilities):
        raise ValueError("There are four probabilities in each of six zones.")
    for zone in probabilities:
        if not abs(sum(zone) - 1) <= ROUNDING or min(zone) < 0:
            raise ValueError(f"Four probabilities of 0 to 1 add up to 1, got {zone}.")

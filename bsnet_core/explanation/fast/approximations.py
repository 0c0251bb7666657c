"""The approximations of the fast map; what each costs in fidelity is measured (docs/explanations.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Lungs(StrEnum):
    """Treatment of lung mask and alignment while a super-pixel is masked."""

    RECOMPUTED = "recomputed"
    FIRST_ORDER = "first-order"
    FROZEN = "frozen"
    """As in the unmasked image."""


@dataclass(frozen=True, slots=True)
class Approximations:
    """The approximations in use; with all off the map is exact.

    Attributes:
        linear_heads: Whether the scoring heads are approximated: by a first-order approximation, or by their zone
            statistics if they have those. Otherwise the heads run, and `lungs` must be RECOMPUTED or FROZEN.
        lungs: Treatment of lung mask and alignment.
        trusted_lungs: With first-order lungs and heads of zone statistics: the largest effect of lungs and alignment on
            a zone's latent score, in units of the Brixia score, for which the first-order approximation is trusted. For
            super-pixels with a larger effect lungs and alignment are recomputed; None trusts all.
        lung_path: With first-order lungs: whether gradients follow the decoder's main path only.
        directions: With first-order lungs: number of directions of the lung probability's gradients.
        tolerance: Changes of the encoder's deep layers up to this share of their standard deviation are taken into
            account by the first-order approximation. Only with first-order or frozen lungs, as the gradients must lead
            all the way back.
        tail_directions: Number of directions of the gradients along which these changes count.
        half_precision: Whether segmentation and, with first-order or frozen lungs, the encoder's deep layers are
            computed in bfloat16 if the processor supports it.
        lungs_only_margin_px: Masks only super-pixels within this many network pixels of the lung mask; all if None.
    """

    linear_heads: bool = True
    lungs: Lungs = Lungs.FIRST_ORDER
    trusted_lungs: float | None = 0.3
    lung_path: bool = True
    directions: int = 6
    tolerance: float = 0.4
    tail_directions: int = 8
    half_precision: bool = True
    lungs_only_margin_px: int | None = None

    def __post_init__(self) -> None:
        if self.lungs is Lungs.FIRST_ORDER and not self.linear_heads:
            raise ValueError("Lungs can count to first order only if the heads do.")


DEFAULT = Approximations()
NONE = Approximations(linear_heads=False, lungs=Lungs.RECOMPUTED, tolerance=0.0, half_precision=False)

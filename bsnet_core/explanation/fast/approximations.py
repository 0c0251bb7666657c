"""The short cuts of fast mode; what each costs in fidelity is measured (docs/explanations.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Lungs(StrEnum):
    """What becomes of lung mask and alignment while a super-pixel is masked."""

    RECOMPUTED = "recomputed"
    FIRST_ORDER = "first-order"
    FROZEN = "frozen"
    """As in the unmasked picture."""


@dataclass(frozen=True, slots=True)
class Approximations:
    """Which short cuts are taken; all off gives the exact map.

    Attributes:
        linear_heads: Whether the scoring heads' answer is taken to first order, or by its zone statistics where a head
            has those; else the heads run, and `lungs` is RECOMPUTED or FROZEN.
        lungs: What becomes of mask and alignment.
        trusted_lungs: With lungs to first order and heads of zone statistics: what lungs and alignment may do to a
            zone's latent score, in units of the Brixia score, before first order is no longer believed. Where they seem
            to do more, they are recomputed for that super-pixel; None believes all.
        lung_path: With lungs to first order, whether gradients lead back along the decoder's main path only.
        directions: With lungs to first order, along how many directions of the lung probability's gradients.
        tolerance: Changes of the encoder's deep layers up to this share of their standard deviation count to first
            order; takes effect with lungs to first order or frozen, as the gradients must lead all the way back.
        tail_directions: Along how many directions of the gradients they count.
        half_precision: Whether segmentation and, with lungs to first order or frozen, the encoder's deep layers are
            computed in bfloat16 where the processor knows it.
        lungs_only_margin_px: Only super-pixels within so many network pixels of the lung mask; all if None.
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
            raise ValueError("Lungs to first order need heads to first order.")


DEFAULT = Approximations()
NONE = Approximations(linear_heads=False, lungs=Lungs.RECOMPUTED, tolerance=0.0, half_precision=False)

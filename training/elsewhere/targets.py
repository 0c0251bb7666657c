"""The figures that a model should reach."""

from __future__ import annotations

from dataclasses import dataclass

from training.elsewhere import cohen_figures, normal_figures, notes_figures, ralo_figures, scored_figures
from training.elsewhere.parts import Part
from training.images.alterations import Alteration


@dataclass(frozen=True, slots=True)
class Target:
    """A range that a figure should lie in, both ends included.

    Attributes:
        low, high: The ends.
        text: The range in words or signs.
    """

    low: float
    high: float
    text: str

    def is_met(self, value: float) -> bool:
        """Whether a value lies in the range; NaN does not."""
        return self.low <= value <= self.high


def at_most(limit: float) -> Target:
    """A range without a lower end."""
    return Target(float("-inf"), limit, f"≤ {limit:g}")


def at_least(limit: float) -> Target:
    """A range without an upper end."""
    return Target(limit, float("inf"), f"≥ {limit:g}")


BIAS = Target(-0.3, 0.3, "± 0.3")
COVERAGE = Target(0.87, 0.93, "0.87–0.93")
ECE = at_most(0.05)

TARGETS: dict[tuple[str, str], Target] = {
    (Part.SCORED, scored_figures.ZONES): at_most(0.45),
    (Part.SCORED, scored_figures.GLOBAL): at_most(1.95),
    (Part.SCORED, scored_figures.BIAS): BIAS,
    (Part.SCORED, scored_figures.ECE): ECE,
    (Part.SCORED, scored_figures.INTERVAL): COVERAGE,
    (Part.COHEN, cohen_figures.BIAS): BIAS,
    (Part.COHEN, cohen_figures.INTERVAL): COVERAGE,
    (Part.RALO, ralo_figures.BOTH.format("extent")): at_least(0.84),
    (Part.RALO, ralo_figures.BOTH.format("opacity")): at_least(0.76),
    (Part.RALO, ralo_figures.CHANGE.format("extent")): at_least(0.6),
    (Part.RALO, ralo_figures.CHANGE.format("opacity")): at_least(0.6),
    (Part.RALO, ralo_figures.BIAS): BIAS,
    (Part.RALO, ralo_figures.INTERVAL): COVERAGE,
    (Part.NIH, normal_figures.MEDIAN): at_most(1),
    (Part.NIH, normal_figures.OVER_3): at_most(0.1),
    (Part.NIH, normal_figures.OVER_9): at_most(0),
    (Part.NIH, normal_figures.BIAS): BIAS,
    (Part.NIH, normal_figures.ECE): ECE,
    (Part.NOTES, notes_figures.TOLD_OF.format(notes_figures.ALL_WHOLE_IMAGES)): at_most(0.03),
    (Part.OTHER_IMAGES, notes_figures.TOLD_OF.format(notes_figures.ALL)): at_least(0.99),
    (Part.OTHER_IMAGES, notes_figures.REJECTED.format(notes_figures.ALL)): at_least(0.95),
    (Part.MAPS, "evidence: weight in the lungs"): at_least(0.8),
    (Part.MAPS, "evidence: AUROC of lung pixels, all zones"): at_least(0.75),
    (Part.MAPS, "evidence: share in the explained zone"): at_least(0.85),
    (Part.MAPS, "evidence: stability"): at_least(0.7),
    (Part.MAPS, "paper's map: rank correlation with the exact map"): at_least(0.93),
}
TARGETS |= {(Part.ALTERATIONS, notes_figures.RIGHT_REASON.format(kind.value)): at_least(0.95) for kind in Alteration}


def target_of(part: str, name: str) -> Target | None:
    """The target of a figure; None if it has none."""
    return TARGETS.get((part, name))

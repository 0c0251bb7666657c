"""The part of an explanation map that is shown, its colours, and the meaning of full colour.

The scale reaches to the image's own strongest region, so that regions can be ranked; what that is, is said in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.canvas.overlays.map_regions import NO_ZONE, zones_of_places
from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.explanation import Masking
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction

FAINTEST, FAINTEST_EVIDENCE = 0.005, 0.01
"""Regions of less strength have no colour: of a probability or an expected value, and of evidence."""
SHORTEST_SCALE = 4
"""Full colour stands for at least so many times the faintest strength, however weak the strongest region is."""


class MapColours(StrEnum):
    """The colours of an explanation map; the value is the name in the settings."""

    SEVERITY = "severity"
    """One scale: how much less severe a zone would be without a region."""
    CLASSES = "classes"
    """The paper's: one colour per score (Figure 10)."""


@dataclass(frozen=True)
class MapView:
    """The part of a map that is shown.

    Attributes:
        zones: The zones that are shown at all.
        chosen: The zone whose map is shown wherever regions act on it; None for every region's effect on the zone it
            lies in.
        colours: The colours.
        asks_for_one: Whether a chosen zone that is scored 0 shows what would make it 1; otherwise it has no colour.
    """

    zones: tuple[Zone, ...] = ZONES
    chosen: Zone | None = None
    colours: MapColours = MapColours.SEVERITY
    asks_for_one: bool = False

    @property
    def zones_explained(self) -> tuple[Zone, ...]:
        """The zones whose map is shown."""
        return tuple(zone for zone in self.zones if self.chosen in (None, zone))

    def score_shown_of(self, zone: Zone, prediction: Prediction) -> int:
        """The score whose support is shown in a zone; 0 if the zone has no colour."""
        score = prediction.score[zone]
        return 1 if score == 0 and zone is self.chosen and self.asks_for_one else score


WHOLE_MAP = MapView()
"""Every region's effect on the zone it lies in, on one scale."""


@dataclass(frozen=True)
class PlacedStrength:
    """The strength of the map's colour at each place of the network frame.

    Attributes:
        strength: (S, S) float32, at least 0.
        score: (S, S) the score that is supported there, 0 where there is none.
        is_elsewhere: (S, S) bool, places outside the chosen zone.
        can_be_coloured: (S, S) bool, places whose region may have a colour.
        full: The strength of full colour.
        faintest: The strength below which there is no colour.
    """

    strength: npt.NDArray[np.float32]
    score: npt.NDArray[np.intp]
    is_elsewhere: npt.NDArray[np.bool_]
    can_be_coloured: npt.NDArray[np.bool_]
    full: float
    faintest: float


def placed_strength(explanation: Explanation, prediction: Prediction, view: MapView) -> PlacedStrength:
    """The strength of the map at every place of the network frame.

    Args:
        explanation: An explanation of the same image as `prediction`.
        prediction: Its scores; zones scored 0 have no strength, unless the view asks for it.
        view: What is shown.
    """
    faintest = FAINTEST if explanation.evidence is None else FAINTEST_EVIDENCE
    labels, of_zone = explanation.superpixels, zones_of_places(prediction.frames)
    scores = np.array([view.score_shown_of(zone, prediction) for zone in ZONES] + [0], dtype=np.intp)
    table = np.zeros((len(explanation.contributions), NO_ZONE + 1), dtype=np.float32)
    for number, zone in enumerate(ZONES):
        if scores[number] > 0:
            table[:, number] = np.maximum(_strength_of(explanation, zone, int(scores[number]), view.colours), 0.0)
    inside = np.ones(labels.shape, dtype=np.bool_)
    if view.colours is MapColours.SEVERITY:
        inside = prediction.outlined_lungs >= 0.5
    full = _strongest(table, labels, of_zone, inside, view, prediction)
    shown = np.array([zone in view.zones_explained for zone in ZONES] + [False])
    elsewhere = np.zeros(labels.shape, dtype=np.bool_)
    acts_on = of_zone
    if view.chosen is not None:
        acts_on = np.full(labels.shape, ZONES.index(view.chosen), dtype=np.intp)
        elsewhere = of_zone != acts_on
    inside = inside & shown[acts_on] & (scores[acts_on] > 0)
    return PlacedStrength(
        strength=np.where(inside, table[labels, acts_on], np.float32(0.0)),
        score=np.where(inside, scores[acts_on], 0),
        is_elsewhere=elsewhere,
        can_be_coloured=inside,
        full=max(full, SHORTEST_SCALE * faintest),
        faintest=faintest,
    )


def _strongest(
    table: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int32],
    of_zone: npt.NDArray[np.intp],
    inside: npt.NDArray[np.bool_],
    view: MapView,
    prediction: Prediction,
) -> float:
    """The strongest effect of a region on the zone it lies in, of the whole image or of a zone that is asked about."""
    counted = inside
    if view.chosen is not None and prediction.score[view.chosen] == 0:
        counted = inside & (of_zone == ZONES.index(view.chosen))
    return float(np.where(counted, table[labels, of_zone], 0.0).max(initial=0.0))


def _strength_of(explanation: Explanation, zone: Zone, score: int, colours: MapColours) -> npt.NDArray[np.float32]:
    if colours is MapColours.SEVERITY:
        return explanation.severity_of(zone)
    return explanation.strength_of(zone, min(score, N_CLASSES - 1))


def describe_colours(colours: MapColours) -> str:
    """The meaning of the colours in words."""
    if colours is MapColours.SEVERITY:
        return _("In the lungs: how much less severe a zone would be without a region.")
    return _("Regions that support the predicted score: orange for 1, red for 2, black outline and lines for 3.")


def describe_strength(masking: Masking, colours: MapColours, full: float) -> str:
    """A sentence on the strength that full colour stands for: that of the image's own strongest region."""
    if masking is Masking.EVIDENCE:
        if colours is MapColours.SEVERITY:
            text = _("Violet to yellow: a region of average size accounts for up to {points:.2f} of a zone's score.")
        else:
            text = _("Full colour: a region of average size accounts for {points:.2f} of a zone's score.")
        return text.format(points=full)
    if colours is MapColours.SEVERITY:
        return _("Violet to yellow: without the region, a zone's expected score is up to {points:.2f} lower.").format(
            points=full
        )
    return _("Full colour: masking lowers the probability by {points:.1f} percentage points.").format(points=100 * full)


def describe_choice(view: MapView, prediction: Prediction) -> str:
    """A sentence on a chosen zone: what is coloured, and what a zone scored 0 shows; empty if none is chosen."""
    zone = view.chosen
    if zone is None:
        return ""
    if prediction.score[zone] > 0:
        return _("Only effects on zone {zone}; those of regions outside it are striped.").format(zone=zone.name)
    if view.asks_for_one:
        return _("Zone {zone} is scored 0. Shown: the regions that would most likely make it 1.").format(zone=zone.name)
    return _("Zone {zone} is scored 0: no region has a colour, as there is nothing to explain.").format(zone=zone.name)

"""Sentences on the region of an explanation map under the pointer, and the numbers behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.canvas.overlays.map_regions import superpixel_at
from app.canvas.overlays.map_scale import MapColours, MapView
from app.canvas.overlays.zones import zone_at
from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction

AFFECTED = 0.005
"""A zone counts as affected from this change of a probability on: half a percentage point."""
AFFECTED_EVIDENCE = 0.005
"""A zone counts as affected from this part of its latent score on: it is not rounded to zero."""


def describe_region(
    explanation: Explanation, prediction: Prediction, image_x: float, image_y: float, view: MapView
) -> str | None:
    """A sentence on the effect of the super-pixel at a place on the zone it lies in, or on the chosen zone.

    Args:
        explanation: An explanation of the same image as `prediction`, complete or not.
        prediction: The prediction, for its scores and frames.
        image_x: Distance from the left, in pixels of the original image.
        image_y: Distance from the top, in pixels of the original image.
        view: The zones that are shown.

    Returns:
        The sentence; None outside the image, and where no zone that is shown is concerned.
    """
    index = superpixel_at(explanation, prediction, image_x, image_y)
    if index is None or not view.zones:
        return None
    zone = _zone_concerned(explanation, prediction, index, (image_x, image_y), view)
    if zone is None:
        return None
    if not explanation.is_computed[index]:
        return _("This region has not been masked.")
    score, before = prediction.score[zone], explanation.base_probabilities[zone.row, zone.column]
    after = before + explanation.contributions[index, zone.row, zone.column]
    return _sentence(zone, score, before, after, by_severity=view.colours is MapColours.SEVERITY)


def _sentence(
    zone: Zone, score: int, before: npt.NDArray[np.float32], after: npt.NDArray[np.float32], *, by_severity: bool
) -> str:
    """A sentence that agrees with the colour: of the expected score for the scale, of a probability for a class."""
    classes = np.arange(N_CLASSES)
    expected = float(before @ classes), float(after @ classes)
    less_probable, less_severe = before[score] - after[score], expected[0] - expected[1]
    words = {"zone": zone.name, "score": score}
    if by_severity and abs(less_severe) >= AFFECTED and (less_severe < 0 or less_probable < AFFECTED):
        text = (
            _("Supports a higher score in zone {zone}: without it the expected score falls from {before} to {after}.")
            if less_severe > 0
            else _(
                "Supports a lower score in zone {zone}: without it the expected score rises from {before} to {after}."
            )
        )
        return text.format(**words, **_told_apart(*expected, 1, ""))
    if abs(less_probable) < AFFECTED:
        text = _("Hardly matters to zone {zone}: without it the probability of {score} stays at {share}%.")
        return text.format(**words, share=f"{100 * before[score]:.0f}")
    text = (
        _("Supports {score} in zone {zone}: without it the probability falls from {before} to {after}.")
        if less_probable > 0
        else _("Counts against {score} in zone {zone}: without it the probability rises from {before} to {after}.")
    )
    return text.format(**words, **_told_apart(100 * float(before[score]), 100 * float(after[score]), 0, "%"))


def _told_apart(before: float, after: float, digits: int, unit: str) -> dict[str, str]:
    """Two numbers, with as many more decimals as it takes to tell them apart."""
    while digits < 3 and f"{before:.{digits}f}" == f"{after:.{digits}f}":
        digits += 1
    return {"before": f"{before:.{digits}f}{unit}", "after": f"{max(after, 0.0):.{digits}f}{unit}"}


def _zone_concerned(
    explanation: Explanation, prediction: Prediction, index: int, place: tuple[float, float], view: MapView
) -> Zone | None:
    """The chosen zone, the zone at the place, or, between the zones, the one that is affected most; None if hidden."""
    zone = view.chosen if view.chosen is not None else zone_at(prediction.frames, *place)
    if zone is not None:
        return zone if zone in view.zones else None
    affected = affected_zones(explanation, index, view.zones)
    return affected[0] if affected else None


def affected_zones(explanation: Explanation, index: int, zones: tuple[Zone, ...]) -> list[Zone]:
    """The zones in which a super-pixel changes a probability by half a percentage point, the most changed first."""
    change = np.abs(explanation.contributions[index]).max(axis=-1)
    affected = [zone for zone in zones if change[zone.row, zone.column] >= AFFECTED]
    return sorted(affected, key=lambda zone: -change[zone.row, zone.column])


def detail_region(
    explanation: Explanation, prediction: Prediction, image_x: float, image_y: float, view: MapView
) -> str | None:
    """The numbers behind `describe_region`: the change of every class probability, one line per zone.

    Of an evidence map instead the part of the zone's score that the super-pixel accounts for.

    Returns:
        Lines to show; a chosen zone is always among them, of several zones those that change by half a percentage
        point or more. None outside the image, or where no zone is shown.
    """
    index = superpixel_at(explanation, prediction, image_x, image_y)
    zones = view.zones_explained
    if index is None or not zones:
        return None
    if not explanation.is_computed[index]:
        return _("This region has not been masked.")
    if explanation.evidence is not None:
        return _describe_evidence(explanation.evidence, index, zones)
    changes = explanation.contributions[index]
    affected = [each for each in zones if len(zones) == 1 or np.abs(changes[each.row, each.column]).max() >= AFFECTED]
    if not affected:
        if len(zones) < len(ZONES):
            return _("Masking this region changes no visible zone by more than half a percentage point.")
        return _("Masking this region changes no zone by more than half a percentage point.")
    lines = [_("Masking this region changes the probabilities (percentage points):")]
    for each in affected:
        by_class = [
            _("score {score}: {points}").format(
                score=score, points=signed_points(changes[each.row, each.column, score])
            )
            for score in range(N_CLASSES)
        ]
        lines.append(_("zone {zone}:  {changes}").format(zone=each.name, changes=",  ".join(by_class)))
    return "\n".join(lines)


def _describe_evidence(evidence: npt.NDArray[np.float32], index: int, zones: tuple[Zone, ...]) -> str:
    of_zones = {zone: float(evidence[index, zone.row, zone.column]) for zone in zones}
    shown = {zone: part for zone, part in of_zones.items() if len(zones) == 1 or abs(part) >= AFFECTED_EVIDENCE}
    if not shown:
        return _("This region accounts for no part of a visible zone's score.")
    lines = [_("Of the score, before rounding, this region accounts for:")]
    for zone, part in shown.items():
        whole = float(evidence[:, zone.row, zone.column].sum())
        text = _("zone {zone}:  {part:.2f} of {whole:.1f}").format(zone=zone.name, part=part, whole=whole)
        lines.append(text.replace("-", "\N{MINUS SIGN}"))
    return "\n".join(lines)


def signed_points(change: float) -> str:
    """A change of a probability in percentage points, with one decimal and a sign: a true minus, none at zero."""
    points = round(100 * float(change), 1)
    return f"{points:+.1f}".replace("-", "\N{MINUS SIGN}") if points else "0.0"

"""The explanation in a report: the occlusion map of the paper's Eq. 4 over the image, and what masking changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from app.canvas.overlays.explanation_map import image_of
from app.canvas.overlays.map_regions import place_of_superpixel, strongest_superpixel
from app.canvas.overlays.map_scale import MapColours, describe_choice, describe_strength, placed_strength
from app.report import image_painting
from app.report.reported_image import ReportedExplanation, ReportedImage
from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.explanation import Masking, Mode
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction

LEAST_MAP_OPACITY = 0.3
"""Lowest opacity on paper: a map in a report can be seen, however faint it is on the screen."""


@dataclass(frozen=True, slots=True)
class StrongestRegion:
    """Effect of masking the super-pixel that supports a zone's predicted score most.

    Attributes:
        zone: A zone predicted over 0.
        score: Its predicted score.
        changes: Changes of the probabilities of the scores 0 to 3, each in [-1, 1]; None if no super-pixel supports
            the score.
    """

    zone: Zone
    score: int
    changes: tuple[float, ...] | None


@dataclass(frozen=True)
class MapImage:
    """The explanation map over the image.

    Attributes:
        image: Each zone's letter marks its strongest super-pixel.
        description: What masking means, exact or fast, complete or partial, and of which zones.
        masking: What masking means.
        colours: The colours in use.
        strength: A sentence on what full colour means.
        strongest: One entry per zone shown that is predicted over 0.
    """

    image: QImage
    description: str
    masking: Masking = Masking.BLACK
    colours: MapColours = MapColours.SEVERITY
    strength: str = ""
    strongest: tuple[StrongestRegion, ...] = ()


def map_image(reported: ReportedImage, prediction: Prediction | None) -> MapImage | None:
    """The explanation map of a report; None without a prediction, a map or a zone to show."""
    explained = reported.explanation
    if explained is None or prediction is None or not explained.zones:
        return None
    painted = paint_map(reported, prediction, explained)
    # Keyed by the super-pixel, as one may be the strongest of several zones.
    letters: dict[int, list[str]] = {}
    strongest = []
    for zone in explained.zones:
        if prediction.score[zone] == 0:
            continue
        index, changes = strongest_superpixel(explained.map, prediction, zone), None
        if index is not None:
            letters.setdefault(index, []).append(zone.name)
            of_zone = explained.map.contributions[index, zone.row, zone.column]
            changes = tuple(float(of_zone[score]) for score in range(N_CLASSES))
        strongest.append(StrongestRegion(zone, prediction.score[zone], changes))
    places = {
        " ".join(names): painted.to_units.map(place_of_superpixel(explained.map, prediction, index))
        for index, names in letters.items()
    }
    image = QImage(painted.image)
    image_painting.paint_letters(image, places)
    choice = describe_choice(explained.view, prediction)
    return MapImage(
        image,
        " ".join(part for part in (describe_map(explained), choice) if part),
        explained.map.masking,
        explained.view.colours,
        strength_of_full_colour(explained, prediction),
        tuple(strongest),
    )


def strength_of_full_colour(explained: ReportedExplanation, prediction: Prediction) -> str:
    """A sentence on what full colour means in the map that is shown."""
    full = placed_strength(explained.map, prediction, explained.view).full
    return describe_strength(explained.map.masking, explained.view.colours, full)


def paint_map(
    reported: ReportedImage, prediction: Prediction, explained: ReportedExplanation
) -> image_painting.PaintedImage:
    """The image under the map of the zones shown, at the screen's opacity or `LEAST_MAP_OPACITY` if that is more."""
    overlay = image_of(explained.map, prediction, explained.view)
    layers = image_painting.ImageLayers(explanation=(overlay, max(explained.opacity, LEAST_MAP_OPACITY)))
    return image_painting.paint_image(
        reported.radiograph, reported.voi, inverted=reported.inverted, prediction=prediction, layers=layers
    )


def describe_map(explained: ReportedExplanation) -> str:
    """Sentences on a map: what masking means, exact or fast, complete or partial, and of which zones."""
    count = len(explained.map.contributions)
    parts = _how_computed(explained.map.masking, Mode.EXACT if explained.exact else Mode.FAST)
    if explained.share_done < 1.0:
        parts.append(_("Partial: {share:.0%} of {count} regions done.").format(share=explained.share_done, count=count))
        parts.append(_("Hatched: not masked."))
    else:
        parts.append(_("Complete: {count} regions.").format(count=count))
    if len(explained.zones) == len(ZONES):
        parts.append(_("All zones."))
    else:
        zones = ", ".join(zone.name for zone in explained.zones)
        only = translate_count("Only zone {zones}.", "Only zones {zones}.", len(explained.zones))
        parts.append(only.format(zones=zones))
    return " ".join(parts)


def _how_computed(masking: Masking, mode: Mode) -> list[str]:
    """Sentences on what masking means, and how the map was computed."""
    if masking is Masking.EVIDENCE:
        return [_("Evidence map: the score of each zone is divided among the regions; the image is not changed.")]
    if mode is Mode.FAST:
        how = _("Fast map: an approximation of the exact map.")
    elif masking is Masking.BLACK:
        how = _("Exact map: each region is masked in turn and the whole network run in PyTorch.")
    else:
        how = _("Exact map: each region is masked in turn and the zones scored again in PyTorch.")
    if masking is Masking.LUNGS_HELD:
        return [how, _("Masked regions are black; lungs and alignment are those of the whole image.")]
    if masking is Masking.SURROUNDINGS:
        return [
            how,
            _("Masked regions look like their surroundings; lungs and alignment are those of the whole image."),
        ]
    return [how]

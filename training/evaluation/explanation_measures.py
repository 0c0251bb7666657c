"""Measures of how faithful an explanation map is (docs/explanations.md)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata, spearmanr

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.frames import apply, invert
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.roi_pooling import zone_bands
from training.evaluation.explanation_maps import Maker, Map
from training.evaluation.outlines import Outlines

STEPS = 10
"""Number of steps of a deletion or insertion curve."""
NOISE = 0.01
"""Standard deviation of the noise of the stability measure; the network image is in [0, 1]."""
SEED = 0
DELETION, INSERTION = "deletion", "insertion"
CURVES = (DELETION, INSERTION)
MEASURES = (
    "deletion_auc",
    "insertion_auc",
    "pointing",
    "weight_in_lungs",
    "share_in_zone",
    "stability",
    "lesion_auroc",
    "weight_in_lesions",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures of one map of one zone of one image.

    Attributes:
        image: Path of the image below the folder.
        zone, score: Zone and predicted score that are explained.
        method: Name of the map.
        values: Numbers by the names of `MEASURES`; nan if the map gives none.
        curves: `STEPS` + 1 probabilities of the predicted class each, by the names of `CURVES`.
        group: The patient, or what else must not be counted twice; the image itself if empty.
    """

    image: str
    zone: str
    score: int
    method: str
    values: Mapping[str, float]
    curves: Mapping[str, tuple[float, ...]]
    group: str = ""


def curve(
    predictor: Predictor, prediction: Prediction, zone: Zone, shown: Map, *, inserting: bool
) -> tuple[float, ...]:
    """The predicted class's probability while pixels are deleted (set to black) or inserted.

    Pixels are taken in the order of the map, in `STEPS` equal shares of the image. For a faithful map the deletion
    curve falls at once and the insertion curve rises at once.

    Returns:
        `STEPS` + 1 probabilities in [0, 1], the first before any pixel is deleted or inserted.
    """
    order = np.argsort(-shown.ravel(), kind="stable")
    image = prediction.network_image.ravel()
    heights = []
    for step in range(STEPS + 1):
        chosen = order[: round(step / STEPS * order.size)]
        replica = np.zeros_like(image) if inserting else image.copy()
        replica[chosen] = image[chosen] if inserting else 0.0
        probabilities = predictor.zone_probabilities(replica.reshape(shown.shape)[None])[0]
        heights.append(float(probabilities[zone.row, zone.column, prediction.score[zone]]))
    return tuple(heights)


def area_under(heights: Sequence[float]) -> float:
    """Mean height of a curve, by the trapezoidal rule."""
    return float(np.trapezoid(heights, dx=1 / (len(heights) - 1)))


def points_into_lungs(prediction: Prediction, shown: Map) -> bool:
    """Pointing game: whether the middle of the map's strongest pixels is in the lung mask.

    All pixels of a super-pixel are equally strong: the one nearest to their middle counts.
    """
    rows, columns = np.nonzero(shown == shown.max())
    nearest = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return bool(prediction.lung_probability[rows[nearest], columns[nearest]] >= 0.5)


def share_in_zone(prediction: Prediction, zone: Zone, shown: Map) -> float:
    """Share of the map's positive weight within the zone's crop, in [0, 1]; nan if nothing is positive."""
    side = shown.shape[0]
    rows, columns = np.mgrid[0:side, 0:side] + 0.5
    to_aligned = invert(prediction.frames.aligned_to_network)
    x, y = apply(to_aligned, np.stack([columns.ravel(), rows.ravel()], axis=1)).T / side
    (top, bottom), (left, right) = zone_bands(zone)
    return share_of_weight(shown, ((y >= top) & (y < bottom) & (x >= left) & (x < right)).reshape(side, side))


def share_of_weight(shown: Map, inside: npt.NDArray[np.bool_]) -> float:
    """Share of the map's positive weight within an (S, S) area, in [0, 1]; nan if nothing is positive."""
    positive = np.maximum(shown, 0)
    total = float(positive.sum())
    return float(positive[inside].sum()) / total if total > 0 else math.nan


def lesion_auroc(shown: Map, outlines: Outlines) -> float:
    """AUROC over the pixels of the outlined lungs: disease against the rest; nan without either."""
    diseased = outlines.disease[outlines.lungs]
    positive, negative = int(diseased.sum()), int((~diseased).sum())
    if not positive or not negative:
        return math.nan
    ranks = rankdata(shown[outlines.lungs])
    return float((ranks[diseased].sum() - positive * (positive + 1) / 2) / (positive * negative))


def stability(predictor: Predictor, prediction: Prediction, zone: Zone, shown: Map, make: Maker) -> float:
    """Rank correlation over pixels between the maps without and with faint noise; nan if one is constant."""
    noise = np.random.default_rng(SEED).normal(scale=NOISE, size=shown.shape)
    noisy = np.clip(prediction.network_image + noise, 0, 1).astype(np.float32)
    again = make(predictor, dataclasses.replace(prediction, network_image=noisy), zone)
    before, after = shown[::2, ::2].ravel(), again.values[::2, ::2].ravel()
    if np.ptp(before) == 0 or np.ptp(after) == 0:
        return math.nan
    return float(spearmanr(before, after)[0])


def zone_to_explain(prediction: Prediction) -> Zone | None:
    """The zone of the highest score, of several the most confident one; None if all are 0."""
    zone = max(ZONES, key=lambda each: (prediction.score[each], prediction.confidence_of(each)))
    return zone if prediction.score[zone] > 0 else None


def measure(
    predictor: Predictor,
    prediction: Prediction,
    zone: Zone,
    image_name: str,
    makers: Mapping[str, Maker],
    outlines: Outlines | None = None,
    group: str = "",
) -> list[Measured]:
    """Measures maps by name, of one zone of one image and of all its zones together.

    Args:
        predictor: The predictor that gave `prediction`.
        prediction: The prediction that is explained.
        zone: The zone that is explained.
        image_name: Name of the image in the results.
        makers: Makers of maps by name.
        outlines: Outlines of disease, in the network frame; without them two measures are nan.
        group: As in the results.
    """
    results = []
    for name, make in makers.items():
        made = make(predictor, prediction, zone)
        shown = made.values
        curves = {
            DELETION: curve(predictor, prediction, zone, shown, inserting=False),
            INSERTION: curve(predictor, prediction, zone, shown, inserting=True),
        }
        values = {
            "deletion_auc": area_under(curves[DELETION]),
            "insertion_auc": area_under(curves[INSERTION]),
            "pointing": float(points_into_lungs(prediction, shown)),
            "weight_in_lungs": share_of_weight(shown, prediction.lung_probability >= 0.5),
            "share_in_zone": share_in_zone(prediction, zone, shown),
            "stability": stability(predictor, prediction, zone, shown, make),
            "lesion_auroc": math.nan if outlines is None else lesion_auroc(made.overall, outlines),
            "weight_in_lesions": math.nan if outlines is None else share_of_weight(made.overall, outlines.disease),
        }
        score = prediction.score[zone]
        results.append(Measured(image_name, zone.name, score, made.method(name), values, curves, group))
    return results

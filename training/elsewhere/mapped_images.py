"""Explanation maps of images with a radiologist's outlines, measured one by one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.stats import spearmanr
from tqdm import tqdm

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.errors import BSNetError
from bsnet_core.explanation import Explanation, Mode, explain
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from training.datasets.kept_apart import is_kept_apart
from training.datasets.lesion_outlines import load_lesion_outlines
from training.datasets.pixels import load_sample_radiograph
from training.datasets.sample import Sample
from training.datasets.splits import scored_patients
from training.elsewhere.answer_store import AnswerStore
from training.elsewhere.json_lines import add_line, load_lines
from training.elsewhere.measured_images import Source, images_of, name_below
from training.elsewhere.outline_agreement import Map, in_network_frame, lesion_auroc, weight_inside
from training.evaluation.explanation_maps import MadeMap, grad_cam, methods
from training.evaluation.explanation_measures import area_under, curve, share_in_zone, stability, zone_to_explain

MAPS = "maps"
LARGEST, WITH_CURVES, WITH_EXACT_MAP = 24, 8, 2
"""Numbers of images: all; those for deletion and insertion; those compared with the exact map, which takes longest."""
BLUR = 1 / 48
"""Standard deviation of the blurred brightness, as a share of the side."""
VIEWER, SLIC, GRAD_CAM, BRIGHTNESS = "map", "SLIC", "Grad-CAM", "blurred brightness"
NO_NUMBER = float("nan")


@dataclass(frozen=True, slots=True)
class MappedImage:
    """The measures of the maps of one image.

    Attributes:
        image, patient: As in `Answer`.
        values: Numbers by "method: measure"; empty if the image has no zone to explain.
    """

    image: str
    patient: str
    values: dict[str, float]


def outlined_images(data: Path) -> list[Sample]:
    """Outlined images of patients who have a score or are kept apart, in an order that is the same every time.

    No backbone is trained on them.

    Raises:
        DataSetError: the data cannot be loaded.
    """
    samples = images_of(data, Source.COHEN)
    scored = scored_patients(samples)
    outlined = [
        sample
        for sample in samples
        if sample.lesions is not None and (sample.patient in scored or is_kept_apart(sample.patient))
    ]
    order = np.random.default_rng(0).permutation(len(outlined))
    return [outlined[index] for index in order[:LARGEST]]


def mapped_images(store: AnswerStore, predictor: Predictor | None, data: Path) -> list[MappedImage]:
    """A model's measured maps; only what is stored if there is no predictor.

    Raises:
        DataSetError: the data cannot be loaded.
    """
    file = store.file(MAPS)
    found = [MappedImage(**values) for values in load_lines(file)]
    if predictor is None:
        return found
    known = {mapped.image for mapped in found}
    for number, sample in enumerate(tqdm(outlined_images(data), desc=f"{store.name} {MAPS}", disable=None)):
        name = name_below(data, sample.image)
        if name in known:
            continue
        values = _measure(predictor, sample, curves=number < WITH_CURVES, exact=number < WITH_EXACT_MAP)
        rounded = {key: round(value, 5) for key, value in values.items() if not np.isnan(value)}
        mapped = MappedImage(name, sample.patient, rounded)
        line: dict[str, Any] = {"image": name, "patient": sample.patient, "values": rounded}
        add_line(file, line)
        found.append(mapped)
    return found


def _measure(predictor: Predictor, sample: Sample, *, curves: bool, exact: bool) -> dict[str, float]:
    """All measures of one image; none if it is rejected or has no zone above 0."""
    try:
        prediction = predictor.predict(load_sample_radiograph(sample))
    except BSNetError:
        return {}
    zone = zone_to_explain(prediction)
    if zone is None or sample.lesions is None:
        return {}
    outlines = load_lesion_outlines(sample.lesions, prediction.frames.image_shape)
    lungs, disease = (in_network_frame(each, prediction.frames) for each in (outlines.lungs, outlines.disease))
    start = time.perf_counter()
    explanation = explain(predictor, prediction, mode=Mode.FAST)
    values = {f"{VIEWER}: seconds": time.perf_counter() - start}
    shown = _zone_map(explanation, prediction, zone)
    of_zone: dict[str, Map] = {VIEWER: shown, GRAD_CAM: grad_cam(predictor, prediction, zone).values}
    of_zone[SLIC] = methods(Mode.FAST)[SLIC](predictor, prediction, zone).values
    for method, of_method in of_zone.items():
        values[f"{method}: weight in the lungs"] = weight_inside(of_method, lungs)
        values[f"{method}: weight in the disease"] = weight_inside(of_method, disease)
        values[f"{method}: share in the explained zone"] = share_in_zone(prediction, zone, of_method)
    all_zones = np.sum([_zone_map(explanation, prediction, each) for each in scored_zones(prediction)], axis=0)
    side = prediction.frames.side_px
    for method, of_all in {
        VIEWER: all_zones,
        GRAD_CAM: np.sum([grad_cam(predictor, prediction, each).values for each in scored_zones(prediction)], axis=0),
        BRIGHTNESS: cv2.GaussianBlur(prediction.network_image, (0, 0), BLUR * side),
    }.items():
        values[f"{method}: AUROC of lung pixels, all zones"] = lesion_auroc(of_all, lungs, disease)
    values[f"{VIEWER}: stability"] = stability(predictor, prediction, zone, shown, _fast_map)
    values[f"{GRAD_CAM}: stability"] = stability(predictor, prediction, zone, of_zone[GRAD_CAM], grad_cam)
    if curves:
        for method in (VIEWER, GRAD_CAM):
            for name, inserting in (("deletion", False), ("insertion", True)):
                heights = curve(predictor, prediction, zone, of_zone[method], inserting=inserting)
                values[f"{method}: area under the {name} curve"] = area_under(heights)
    if exact:
        values[f"{VIEWER}: rank correlation with the exact map"] = fidelity(
            explanation, explain(predictor, prediction, mode=Mode.EXACT), prediction
        )
    return values


def scored_zones(prediction: Prediction) -> list[Zone]:
    """The zones with a score above 0."""
    return [zone for zone in ZONES if prediction.score[zone] > 0]


def fidelity(explanation: Explanation, exact: Explanation, prediction: Prediction) -> float:
    """Rank correlation over super-pixels with the exact map, median over the zones above 0; NaN of other ones."""
    if not np.array_equal(explanation.superpixels, exact.superpixels):
        return NO_NUMBER
    found = []
    for zone in scored_zones(prediction):
        place = (slice(None), zone.row, zone.column, prediction.score[zone])
        found.append(float(spearmanr(explanation.contributions[place], exact.contributions[place])[0]))
    return float(np.median(found))


def _zone_map(explanation: Explanation, prediction: Prediction, zone: Zone) -> Map:
    return -explanation.map_of(zone, prediction.score[zone])


def _fast_map(predictor: Predictor, prediction: Prediction, zone: Zone) -> MadeMap:
    explanation = explain(predictor, prediction, mode=Mode.FAST)
    return MadeMap(_zone_map(explanation, prediction, zone), explanation.mode)


def names_of_measures(images: Sequence[MappedImage]) -> list[str]:
    """The names of all measures, in the order in which they come up."""
    return list(dict.fromkeys(name for image in images for name in image.values))

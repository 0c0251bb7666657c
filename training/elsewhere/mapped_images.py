"""Explanation maps of images with a radiologist's outlines, measured one by one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from tqdm import tqdm

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.errors import BSNetError
from bsnet_core.explanation import Explanation, Masking, Mode, explain
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from training.datasets.kept_apart import is_kept_apart
from training.datasets.pixels import load_sample_radiograph
from training.datasets.sample import Sample
from training.datasets.splits import scored_patients
from training.elsewhere.answer_store import AnswerStore
from training.elsewhere.json_lines import add_line, load_lines
from training.elsewhere.measured_images import Source, images_of, name_below
from training.evaluation.explanation_maps import methods
from training.evaluation.explanation_measures import (
    area_under,
    curve,
    lesion_auroc,
    share_in_zone,
    share_of_weight,
    stability,
    zone_to_explain,
)
from training.evaluation.outlines import load_outlines

MAPS = "maps"
LARGEST, WITH_CURVES, WITH_EXACT_MAP = 24, 8, 2
"""Numbers of images: all; those for deletion and insertion; those compared with the exact map, which takes longest."""
EVIDENCE, PAPER, SLIC, GRAD_CAM, BRIGHTNESS = "evidence", "paper's map", "SLIC", "Grad-CAM", "blurred brightness"
NAMES = {
    Masking.EVIDENCE.value: EVIDENCE,
    Masking.BLACK.value: PAPER,
    "SLIC": SLIC,
    "Grad-CAM": GRAD_CAM,
    "brightness": BRIGHTNESS,
}
"""Names in figures by those of the makers of maps; evidence is the viewer's default map."""
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
    outlines = load_outlines(sample.lesions, prediction.frames)
    values: dict[str, float] = {}
    for name, make in methods(Mode.FAST, predictor).items():
        method, start = NAMES[name], time.perf_counter()
        made = make(predictor, prediction, zone)
        seconds = time.perf_counter() - start
        values[f"{method}: AUROC of lung pixels, all zones"] = lesion_auroc(made.overall, outlines)
        if method == BRIGHTNESS:
            continue
        values[f"{method}: weight in the lungs"] = share_of_weight(made.values, outlines.lungs)
        values[f"{method}: weight in the disease"] = share_of_weight(made.values, outlines.disease)
        values[f"{method}: share in the explained zone"] = share_in_zone(prediction, zone, made.values)
        if method == SLIC:
            continue
        values[f"{method}: seconds"] = seconds
        values[f"{method}: stability"] = stability(predictor, prediction, zone, made.values, make)
        if curves:
            for kind, inserting in (("deletion", False), ("insertion", True)):
                heights = curve(predictor, prediction, zone, made.values, inserting=inserting)
                values[f"{method}: area under the {kind} curve"] = area_under(heights)
    if exact:
        fast, whole = (explain(predictor, prediction, mode=mode) for mode in (Mode.FAST, Mode.EXACT))
        values[f"{PAPER}: rank correlation with the exact map"] = fidelity(fast, whole, prediction)
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


def names_of_measures(images: Sequence[MappedImage]) -> list[str]:
    """The names of all measures, in the order in which they come up."""
    return list(dict.fromkeys(name for image in images for name in image.values))

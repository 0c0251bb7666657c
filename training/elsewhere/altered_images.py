"""Answers for altered images: whether a model's program notes or rejects what should not be scored as it is."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import Radiograph
from training.datasets.pixels import load_sample_radiograph
from training.datasets.sample import Sample
from training.elsewhere.answer_store import AnswerStore
from training.elsewhere.answers import Answer, answer_for
from training.elsewhere.measured_images import Source, images_to_measure, name_below
from training.elsewhere.notes_figures import RIGHT_REASON, share_of, shares
from training.evaluation.estimates import Measure
from training.images.alterations import Alteration, alter

OF_EACH_SOURCE = {Source.NIH: 8, Source.COHEN: 4, Source.HANNOVER: 4}
"""Number of images that are altered; RALO's and the RSNA's have few pixels to begin with."""
ANSWERS = "alterations"

REASONS: dict[Alteration, tuple[str, ...]] = {
    Alteration.INVERTED: ("inverted",),
    Alteration.UPSIDE_DOWN: ("upside down",),
    Alteration.ROTATED_90: ("rotated by",),
    Alteration.ROTATED_270: ("rotated by",),
    Alteration.MIRRORED: ("mirrored",),
    Alteration.OVEREXPOSED: ("exposure",),
    Alteration.UNDEREXPOSED: ("exposure",),
    Alteration.BLURRED: ("blurred",),
    Alteration.LOW_RESOLUTION: ("blurred", "too few pixels", "is small"),
    Alteration.HALF: ("outside the image", "Only one lung", "cut off"),
    Alteration.CUT_OFF: ("outside the image", "Only one lung", "cut off"),
    Alteration.TWO_IMAGES: ("several radiographs", "large pieces"),
    Alteration.MOSAIC: ("several radiographs", "large pieces", "not look like"),
    Alteration.SCREENSHOT: ("only part of the image",),
    Alteration.PHOTO_OF_SCREEN: ("only part of the image",),
}
"""Words by which a note or a rejection, in English, names the right reason."""


def altered_answers(store: AnswerStore, predictor: Predictor | None, data: Path) -> Mapping[str, Answer]:
    """A model's answers for all alterations of the chosen images; only what is stored if there is no predictor.

    Raises:
        DataSetError: the data cannot be loaded.
    """
    if predictor is None:
        return store.answers(ANSWERS)
    samples = chosen_images(data)
    cases = [(kind, row) for kind in Alteration for row in range(len(samples))]
    names = [f"{kind.value}:{name_below(data, samples[row].image)}" for kind, row in cases]

    def answer(index: int) -> Answer:
        kind, row = cases[index]
        pixels = _pixels(samples[row])
        other = _pixels(samples[(row + 1) % len(samples)])
        seed = int(hashlib.sha256(names[index].encode()).hexdigest()[:8], 16)
        altered = as_radiograph(alter(pixels, kind, np.random.default_rng(seed), (other,)))
        return answer_for(predictor, altered, names[index], samples[row].patient)

    return store.complete(ANSWERS, names, answer)


def chosen_images(data: Path) -> list[Sample]:
    """The images that are altered, of patients kept apart: the first ones of each source, one per patient.

    Raises:
        DataSetError: the data cannot be loaded.
    """
    chosen = []
    for source, count in OF_EACH_SOURCE.items():
        first_of: dict[str, Sample] = {}
        for sample in images_to_measure(data, source):
            first_of.setdefault(sample.patient, sample)
        chosen += list(first_of.values())[:count]
    return chosen


def as_radiograph(pixels: npt.NDArray[np.float32]) -> Radiograph:
    """(H, W) pixels in [0, 1] as the program loads them from an 8-bit image without any metadata."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image.png"
        cv2.imwrite(str(file), np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))
        return load_radiograph(file)


def measures(answers: Mapping[str, Answer]) -> list[Measure]:
    """The shares of each kind that were noted or rejected, with the right reason, and rejected."""
    found = []
    for kind in Alteration:
        of_kind = [answer for name, answer in answers.items() if name.startswith(f"{kind.value}:")]
        told_of, rejected = shares(kind.value, of_kind)
        right = share_of(RIGHT_REASON.format(kind.value), of_kind, functools.partial(has_reason, kind=kind))
        found += [told_of, right, rejected]
    return found


def has_reason(answer: Answer, kind: Alteration) -> bool:
    """Whether a note or the rejection names the alteration."""
    said = [*answer.notes, *(answer.rejection or ())]
    return any(words in sentence for sentence in said for words in REASONS[kind])


def _pixels(sample: Sample) -> npt.NDArray[np.float32]:
    return load_sample_radiograph(sample).pixels

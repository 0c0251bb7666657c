"""The images that the content check learns from: radiographs as they are and altered, and images of other things."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.errors import BSNetError
from bsnet_core.model.content_head import ROTATIONS, ContentOutput
from training.datasets.kept_apart import ONE_IN
from training.datasets.other_images import OtherImage
from training.datasets.pixels import load_sample_radiograph
from training.datasets.sample import Sample
from training.images.alterations import Alteration, Pixels, Rng, alter, slightly_changed
from training.images.drawings import drawing

SHORTER_SIDE_PX = 384
"""Images are kept at this size in memory; smaller ones as they are."""
SECOND_ALTERATION = 0.2
"""Share of altered images that are rotated, mirrored or inverted on top."""
UNKNOWN = np.nan
"""The label of what an example does not tell."""
Labels = npt.NDArray[np.float32]

_ROTATED = {
    Alteration.ROTATED_90: ContentOutput.ROTATED_90,
    Alteration.UPSIDE_DOWN: ContentOutput.UPSIDE_DOWN,
    Alteration.ROTATED_270: ContentOutput.ROTATED_270,
}
OUTPUT_OF = {
    **_ROTATED,
    Alteration.MIRRORED: ContentOutput.MIRRORED,
    Alteration.INVERTED: ContentOutput.INVERTED,
    Alteration.OVEREXPOSED: ContentOutput.OVEREXPOSED,
    Alteration.UNDEREXPOSED: ContentOutput.UNDEREXPOSED,
    Alteration.BLURRED: ContentOutput.BLURRED,
    Alteration.LOW_RESOLUTION: ContentOutput.BLURRED,
    Alteration.HALF: ContentOutput.CUT_OFF,
    Alteration.CUT_OFF: ContentOutput.CUT_OFF,
    Alteration.TWO_IMAGES: ContentOutput.SEVERAL,
    Alteration.MOSAIC: ContentOutput.SEVERAL,
    Alteration.SCREENSHOT: ContentOutput.SURROUNDED,
    Alteration.PHOTO_OF_SCREEN: ContentOutput.SURROUNDED,
}
"""The right finding for an alteration."""
_EXPOSURE = (ContentOutput.OVEREXPOSED, ContentOutput.UNDEREXPOSED)
_UNTOLD = {
    Alteration.INVERTED: _EXPOSURE,
    Alteration.OVEREXPOSED: (ContentOutput.MIRRORED, ContentOutput.BLURRED),
    Alteration.UNDEREXPOSED: (ContentOutput.MIRRORED, ContentOutput.BLURRED),
    Alteration.BLURRED: (ContentOutput.MIRRORED,),
    Alteration.LOW_RESOLUTION: (ContentOutput.MIRRORED,),
    Alteration.HALF: (ContentOutput.MIRRORED, *_EXPOSURE),
    Alteration.CUT_OFF: (ContentOutput.MIRRORED,),
    Alteration.TWO_IMAGES: (ContentOutput.MIRRORED, ContentOutput.CUT_OFF, *_EXPOSURE),
    Alteration.MOSAIC: (ContentOutput.MIRRORED, ContentOutput.CUT_OFF, ContentOutput.BLURRED, *_EXPOSURE),
    Alteration.SCREENSHOT: (*_EXPOSURE, ContentOutput.CUT_OFF),
    Alteration.PHOTO_OF_SCREEN: (*_EXPOSURE, ContentOutput.BLURRED, ContentOutput.CUT_OFF),
}
"""Outputs that an altered image is no example of."""


class Part(IntEnum):
    """The use of a patient's images: never for two of these."""

    MEASURED = 0
    THRESHOLDS = 1
    FITTED = 2


@dataclass(frozen=True)
class KnownImage:
    """A frontal chest radiograph of an adult, in standard orientation, to be scored without a note.

    Attributes:
        source: Name of its data set.
        patient: As in `Sample.patient`.
        pixels: (H, W) uint8, bone bright.
    """

    source: str
    patient: str
    pixels: npt.NDArray[np.uint8]

    @property
    def part(self) -> Part:
        """By the patient; the measured fifth is the one that is never trained on."""
        return part_of(self.patient)

    @property
    def values(self) -> Pixels:
        """(H, W) float32 in [0, 1]."""
        return np.asarray(self.pixels / np.float32(255), dtype=np.float32)


@dataclass(frozen=True)
class Example:
    """One image with what the check should say of it.

    Attributes:
        pixels: (H, W) float32 in [0, 1].
        labels: (13,) 0 or 1 by `ContentOutput`, NaN where the example does not tell.
        source: Data set, folder or package.
        kind: The alteration; "as it is", "slightly changed" or "other".
    """

    pixels: Pixels
    labels: Labels
    source: str
    kind: str


AS_IT_IS, SLIGHTLY_CHANGED, OTHER = "as it is", "slightly changed", "other"


def part_of(patient: str) -> Part:
    """Fifths, by the rule of `is_kept_apart`: the first is measured, the second sets thresholds, the rest is fitted."""
    return Part(min(int(hashlib.sha256(patient.encode()).hexdigest()[:8], 16) % ONE_IN, Part.FITTED))


def load_known_images(source: str, samples: Sequence[Sample]) -> list[KnownImage]:
    """The images of a data set, small; those that cannot be loaded are skipped."""
    images = []
    for sample in samples:
        try:
            pixels = load_sample_radiograph(sample).pixels
        except BSNetError:
            continue
        shrink = SHORTER_SIDE_PX / min(pixels.shape)
        if shrink < 1:
            pixels = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        images.append(KnownImage(source, sample.patient, np.rint(pixels * 255).astype(np.uint8)))
    return images


def example_as_it_is(image: KnownImage) -> Example:
    """The unaltered image."""
    return Example(image.values, _labels_of(()), image.source, AS_IT_IS)


def slightly_changed_example(image: KnownImage, rng: Rng) -> Example:
    """The image as another hospital would give it."""
    return Example(slightly_changed(image.values, rng), _labels_of(()), image.source, SLIGHTLY_CHANGED)


def altered_example(
    image: KnownImage, kind: Alteration, rng: Rng, others: Sequence[Pixels] = (), *, alone: bool = True
) -> Example:
    """The image with one alteration; unless `alone`, some are slightly changed before and rotated or inverted after."""
    pixels, kinds = image.values, [kind]
    if not alone and rng.random() < 0.5:
        pixels = slightly_changed(pixels, rng)
    pixels = alter(pixels, kind, rng, others)
    if not alone and rng.random() < SECOND_ALTERATION and kind not in _ROTATED:
        second = (*_ROTATED, Alteration.INVERTED, Alteration.MIRRORED)[int(rng.integers(5))]
        if second is not kind:
            pixels = alter(pixels, second, rng)
            kinds.append(second)
    return Example(pixels, _labels_of(kinds), image.source, kind.value)


def other_examples(images: Sequence[OtherImage], rng: Rng, crops: int) -> Iterator[Example]:
    """Images that are no chest radiographs: each as it is, and parts of it, rotated, mirrored or inverted."""
    for image in images:
        for crop in range(crops):
            pixels = image.pixels if crop == 0 else _part(image.pixels, rng)
            yield Example(pixels, _labels_of_other(), image.source, OTHER)


def drawn_examples(count: int, rng: Rng) -> Iterator[Example]:
    """Drawings, noise, stripes and text, made up."""
    for _number in range(count):
        yield Example(drawing(rng), _labels_of_other(), "drawings", OTHER)


def _labels_of(kinds: Sequence[Alteration]) -> Labels:
    labels = np.zeros(len(ContentOutput), np.float32)
    labels[ContentOutput.CHEST] = 1
    labels[ContentOutput.AS_IT_SHOULD_BE] = 1
    for kind in kinds:
        for output in _UNTOLD.get(kind, ()):
            labels[output] = UNKNOWN
    for kind in kinds:
        if kind in _ROTATED:
            labels[ROTATIONS] = 0
            labels[ContentOutput.MIRRORED] = UNKNOWN
        labels[OUTPUT_OF[kind]] = 1
    if labels[ContentOutput.AS_IT_SHOULD_BE] != 1:
        labels[ContentOutput.MIRRORED] = UNKNOWN
    return labels


def _labels_of_other() -> Labels:
    labels = np.full(len(ContentOutput), UNKNOWN, np.float32)
    labels[ContentOutput.CHEST] = 0
    return labels


def _part(pixels: Pixels, rng: Rng) -> Pixels:
    height, width = pixels.shape
    share = rng.uniform(0.35, 1.0)
    rows, columns = max(32, int(height * share)), max(32, int(width * share * rng.uniform(0.75, 1.0)))
    top, left = int(rng.integers(0, max(height - rows, 0) + 1)), int(rng.integers(0, max(width - columns, 0) + 1))
    part = np.rot90(pixels[top : top + rows, left : left + columns], int(rng.integers(4)))
    if rng.random() < 0.3:
        part = 1 - part
    return np.ascontiguousarray(part ** rng.uniform(0.6, 1.6), dtype=np.float32)

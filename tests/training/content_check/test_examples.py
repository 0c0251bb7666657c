"""What the content check learns of each image."""

import numpy as np
import pytest

from bsnet_core.model.content_head import ROTATIONS, ContentOutput
from training.content_check.examples import (
    OUTPUT_OF,
    KnownImage,
    Part,
    altered_example,
    drawn_examples,
    example_as_it_is,
    other_examples,
    part_of,
    slightly_changed_example,
)
from training.datasets.kept_apart import is_kept_apart
from training.datasets.other_images import OtherImage
from training.images.alterations import Alteration

PATIENTS = [f"ralo-S{number}" for number in range(300)]


@pytest.fixture(scope="module")
def image():
    return KnownImage("hannover", "hannover-1", np.random.default_rng(0).integers(0, 255, (90, 100), dtype=np.uint8))


def test_patients_kept_apart_are_only_measured():
    assert all((part_of(patient) is Part.MEASURED) == is_kept_apart(patient) for patient in PATIENTS)
    assert {part_of(patient) for patient in PATIENTS} == set(Part)


@pytest.mark.parametrize("kind", list(Alteration))
def test_an_alteration_is_an_example_of_itself_and_of_a_chest(image, kind):
    labels = altered_example(image, kind, np.random.default_rng(0)).labels
    assert labels[OUTPUT_OF[kind]] == 1
    assert labels[ContentOutput.CHEST] == 1
    assert labels[ROTATIONS].sum() == 1


def test_unaltered_images_are_examples_of_nothing_wrong(image):
    for example in (example_as_it_is(image), slightly_changed_example(image, np.random.default_rng(0))):
        assert set(np.flatnonzero(example.labels)) == {ContentOutput.CHEST, ContentOutput.AS_IT_SHOULD_BE}


def test_a_rotated_image_does_not_tell_whether_it_is_mirrored(image):
    labels = altered_example(image, Alteration.ROTATED_90, np.random.default_rng(0)).labels
    assert np.isnan(labels[ContentOutput.MIRRORED])


def test_some_images_have_two_alterations_with_both_labels(image):
    rng = np.random.default_rng(0)
    examples = [altered_example(image, Alteration.BLURRED, rng, alone=False) for _ in range(60)]
    both = [example for example in examples if example.labels[ContentOutput.INVERTED] == 1]
    assert both
    assert all(example.labels[ContentOutput.BLURRED] == 1 for example in both)


def test_other_images_and_drawings_tell_only_that_they_are_no_chest():
    rng = np.random.default_rng(0)
    other = OtherImage("photographs", "a.png", rng.random((80, 80), dtype=np.float32))
    examples = [*other_examples([other], rng, crops=3), *drawn_examples(2, rng)]
    assert len(examples) == 5
    assert all(example.labels[ContentOutput.CHEST] == 0 for example in examples)
    assert all(np.isnan(example.labels[ContentOutput.INVERTED]) for example in examples)

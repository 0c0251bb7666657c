"""Repairs on request: what is shown and scored afterwards, and what is said of it."""

import dataclasses

import numpy as np
import pytest

from bsnet_core.radiograph import ImageMetadata, Radiograph
from bsnet_core.repair import RepairStep, repaired
from bsnet_core.standard_orientation import StandardOrientation

STORED = np.arange(12, dtype=np.uint16).reshape(3, 4)


def radiograph(orientation=None, **changes):
    return Radiograph(
        STORED, 0, 4, monochrome1=False, metadata=ImageMetadata(patient_orientation=orientation), **changes
    )


def shown(image):
    return StandardOrientation.of(image.metadata.patient_orientation).to_standard(image.stored)


@pytest.mark.parametrize("orientation", [None, ("L", "F"), ("R", "F"), ("F", "L"), ("H", "R"), ("R", "H")])
@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (RepairStep.ROTATED_90, lambda image: np.rot90(image, -1)),
        (RepairStep.ROTATED_180, lambda image: np.rot90(image, 2)),
        (RepairStep.ROTATED_270, lambda image: np.rot90(image, 1)),
        (RepairStep.MIRRORED, lambda image: image[:, ::-1]),
    ],
)
def test_a_step_turns_what_is_shown_whatever_the_file_states(orientation, step, expected):
    before = radiograph(orientation)
    after = repaired(before, [step])
    assert np.array_equal(shown(after), expected(shown(before)))
    assert after.stored is before.stored


@pytest.mark.parametrize("flags", [{}, {"presentation_inverse": True}])
def test_inverting_exchanges_black_and_white_and_twice_changes_nothing(flags):
    before = radiograph(**flags)
    after = repaired(before, [RepairStep.INVERTED])
    assert np.allclose(after.pixels, 1 - before.pixels)
    assert np.allclose(repaired(after, [RepairStep.INVERTED]).pixels, before.pixels)


def test_every_step_is_noted_for_people_and_for_programs():
    before = dataclasses.replace(radiograph(), loading_notes=("The file contradicts itself.",))
    after = repaired(before, [RepairStep.ROTATED_180, RepairStep.INVERTED])
    assert after.repairs == ("rotated-180", "inverted")
    assert after.loading_notes[0] == "The file contradicts itself."
    assert "180°" in after.loading_notes[1]
    assert "inverted" in after.loading_notes[2]


def test_without_steps_nothing_changes():
    image = radiograph()
    assert repaired(image, []) is image

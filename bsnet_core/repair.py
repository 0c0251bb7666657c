"""Repairs of an image that is stored rotated, mirrored or with inverted grey levels, on request only.

A repair changes what the loaded image is said to be, never its pixels: everything that follows, from the screen to the
report, takes orientation and polarity from there. Each step leaves a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import product

import numpy as np

from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph
from bsnet_core.standard_orientation import ACROSS, DOWN, StandardOrientation


class RepairStep(StrEnum):
    """One thing done to an image; stable words for JSON and tests. Rotations are clockwise."""

    ROTATED_90 = "rotated-90"
    ROTATED_180 = "rotated-180"
    ROTATED_270 = "rotated-270"
    MIRRORED = "mirrored"
    INVERTED = "inverted"

    @property
    def sentence(self) -> str:
        """The thing done, for people, in the language in use."""
        return {
            RepairStep.ROTATED_90: _("Repaired on request: the image was rotated by 90° clockwise."),
            RepairStep.ROTATED_180: _("Repaired on request: the image was rotated by 180°."),
            RepairStep.ROTATED_270: _("Repaired on request: the image was rotated by 90° counter-clockwise."),
            RepairStep.MIRRORED: _("Repaired on request: the image was mirrored, left and right exchanged."),
            RepairStep.INVERTED: _("Repaired on request: the grey levels were inverted."),
        }[self]

    @property
    def request(self) -> str:
        """The thing to be done, for a button, in the language in use."""
        return {
            RepairStep.ROTATED_90: _("rotate by 90° clockwise"),
            RepairStep.ROTATED_180: _("rotate by 180°"),
            RepairStep.ROTATED_270: _("rotate by 90° counter-clockwise"),
            RepairStep.MIRRORED: _("mirror"),
            RepairStep.INVERTED: _("invert the grey levels"),
        }[self]


_CLOCKWISE_TURNS = {RepairStep.ROTATED_90: 1, RepairStep.ROTATED_180: 2, RepairStep.ROTATED_270: 3}


def repaired(radiograph: Radiograph, steps: Sequence[RepairStep]) -> Radiograph:
    """The radiograph after some steps, in their order; with a note and an entry in `repairs` for each.

    Args:
        radiograph: As loaded, or repaired before.
        steps: Rotations and mirroring apply to the image in standard orientation, as it is shown.
    """
    for step in steps:
        if step is RepairStep.INVERTED:
            is_inverted = radiograph.shown_inverted
            radiograph = replace(radiograph, monochrome1=not is_inverted, presentation_inverse=False)
        else:
            orientation = _orientation_after(step, radiograph.metadata.patient_orientation)
            radiograph = replace(radiograph, metadata=replace(radiograph.metadata, patient_orientation=orientation))
        radiograph = replace(
            radiograph,
            repairs=(*radiograph.repairs, step.value),
            loading_notes=(*radiograph.loading_notes, step.sentence),
        )
    return radiograph


def _orientation_after(step: RepairStep, stated: tuple[str, str] | None) -> tuple[str, str]:
    """The patient orientation of the stored rows and columns by which the image is shown with this step done."""
    probe = np.arange(6).reshape(2, 3)
    shown = StandardOrientation.of(stated).to_standard(probe)
    target = shown[:, ::-1] if step is RepairStep.MIRRORED else np.rot90(shown, -_CLOCKWISE_TURNS[step])
    choices = (*product(ACROSS, DOWN), *product(DOWN, ACROSS))
    return next(
        letters for letters in choices if np.array_equal(StandardOrientation.of(letters).to_standard(probe), target)
    )

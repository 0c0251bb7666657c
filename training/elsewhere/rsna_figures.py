"""Figures on the RSNA's cut-out lungs: scores by class, and whether images and zones with opacities score higher."""

from __future__ import annotations

import dataclasses

import numpy as np

from training.datasets.opacity_boxes import LungClass
from training.elsewhere import normal_figures
from training.elsewhere.answered_images import AnsweredImages
from training.evaluation.estimates import Measure
from training.evaluation.statistics_of_rows import auroc, median

MEDIANS = "median global score, {}"
NORMAL_OR_OPACITY = "AUROC of the global score: opacity against normal"
OPACITY_OR_NOT = "AUROC of the global score: opacity against all others"
ZONES_OF_ONE_IMAGE = "AUROC of the zone score: in a box against outside, images with opacity"
ZONES_OF_ALL = "AUROC of the zone score: in a box against normal images"
IN_A_BOX, OUTSIDE = 0.2, 0.02
"""A zone counts as in a box from this share on, and as outside below that one; those between do not count."""
OF_NORMAL = "normal: "


def measures(images: AnsweredImages) -> list[Measure]:
    """The figures of one model."""
    classes = np.array([sample.lung_class for sample in images.samples])
    found = []
    for lung_class in LungClass:
        part = images.where(list(classes == lung_class))
        found.append(part.measure(MEDIANS.format(lung_class.value), median(part.shown)))
    normal = images.where(list(classes == LungClass.NORMAL))
    for measure in normal_figures.measures(normal):
        if measure.name != normal_figures.MEDIAN:
            found.append(dataclasses.replace(measure, name=OF_NORMAL + measure.name))
    two = images.where([lung_class != LungClass.NO_OPACITY for lung_class in classes])
    found.append(two.measure(NORMAL_OR_OPACITY, auroc(two.expected, _has_opacity(two))))
    found.append(images.measure(OPACITY_OR_NOT, auroc(images.expected, _has_opacity(images))))
    with_opacity = images.where(list(classes == LungClass.OPACITY))
    found.append(_zones(ZONES_OF_ONE_IMAGE, with_opacity, outside_too=True))
    found.append(_zones(ZONES_OF_ALL, two, outside_too=False))
    return found


def _has_opacity(images: AnsweredImages) -> list[bool]:
    return [sample.lung_class is LungClass.OPACITY for sample in images.samples]


def _zones(name: str, images: AnsweredImages, *, outside_too: bool) -> Measure:
    """AUROC over zones: those in a box against those outside, or against all zones of normal images."""
    values, positive, patients = [], [], []
    for sample, answer, expected in zip(images.samples, images.answers, images.expected_zones, strict=True):
        normal = sample.lung_class is LungClass.NORMAL
        for zone, share in enumerate(answer.in_boxes or (0.0,) * 6):
            if share >= IN_A_BOX or normal or (outside_too and share <= OUTSIDE):
                values.append(expected[zone])
                positive.append(share >= IN_A_BOX)
                patients.append(sample.patient)
    return Measure(name, auroc(values, positive), tuple(patients), len(images.samples))

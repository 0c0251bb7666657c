from pathlib import Path

import numpy as np

from tests.training.elsewhere.conftest import certain
from training.datasets.opacity_boxes import LungClass
from training.datasets.sample import Sample
from training.elsewhere.answered_images import AnsweredImages
from training.elsewhere.rsna_figures import measures

ROWS = [
    (LungClass.NORMAL, "000000", None),
    (LungClass.NORMAL, "110000", None),
    (LungClass.NO_OPACITY, "333000", None),
    # In a box: A wholly, B a little more than a fifth; C between does not count; D to F are outside.
    (LungClass.OPACITY, "320100", (1.0, 0.21, 0.1, 0.0, 0.0, 0.01)),
]


def figures():
    samples = [Sample(Path(str(row)), f"p{row}", lung_class=lung_class) for row, (lung_class, _, _) in enumerate(ROWS)]
    answers = [certain(str(row), digits, in_boxes=boxes) for row, (_, digits, boxes) in enumerate(ROWS)]
    found = measures(AnsweredImages(tuple(samples), tuple(answers)))
    return {measure.name: measure for measure in found}


def value(measure):
    return measure.statistic(np.arange(len(measure.patients)))


def test_classes_have_their_medians_and_opacity_is_told_from_normal():
    found = figures()
    assert value(found["median global score, normal"]) == 1
    assert value(found["median global score, opacity"]) == 6
    assert value(found["normal: share over 3"]) == 0
    assert value(found["AUROC of the global score: opacity against normal"]) == 1
    assert value(found["AUROC of the global score: opacity against all others"]) == 2 / 3


def test_zones_in_a_box_are_compared_with_those_outside():
    found = figures()
    one_image = found["AUROC of the zone score: in a box against outside, images with opacity"]
    assert len(one_image.patients) == 5
    assert value(one_image) == 1
    all_images = found["AUROC of the zone score: in a box against normal images"]
    assert len(all_images.patients) == 2 + 12
    assert value(all_images) == 1

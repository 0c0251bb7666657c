import numpy as np

from tests.training.elsewhere.conftest import certain
from training.elsewhere.answers import Answer
from training.elsewhere.notes_figures import shares


def test_notes_and_rejections_are_counted_but_not_true_notes_on_few_pixels():
    answers = [
        certain("a", "000000"),
        certain("b", "000000", notes=("The image is small (224 × 224 pixels).",)),
        certain(
            "c", "000000", notes=("The image is small (224 × 224 pixels).", "More than half of the image is empty.")
        ),
        Answer("d", "p", rejection=("not-frontal-chest", "No lungs were found.")),
    ]
    told_of, rejected = shares("inverted", answers)
    assert (told_of.name, rejected.name) == ("noted or rejected: inverted", "rejected: inverted")
    assert told_of.statistic(np.arange(4)) == 0.5
    assert rejected.statistic(np.arange(4)) == 0.25

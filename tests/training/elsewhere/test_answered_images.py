"""Images with a model's answers."""

import dataclasses
from pathlib import Path

import numpy as np

from training.datasets.sample import Sample
from training.elsewhere.answered_images import AnsweredImages

SAMPLES = [Sample(Path(f"{name}.png"), name) for name in "abcd"]


def test_a_reference_is_covered_once_rounded(answered):
    images = answered(SAMPLES, ["012301"] * 4)
    assert images.covers([7, 7.4, 6.6, 7.6]).tolist() == [True, True, True, False]
    assert AnsweredImages((), ()).covers([]).shape == (0,)


def test_a_models_common_error_widens_its_intervals(answered):
    images = answered(SAMPLES[:1], ["111111"])
    unsure = dataclasses.replace(images.answers[0], probabilities=np.full((6, 4), [0.3, 0.4, 0.3, 0.0]))
    shared = dataclasses.replace(unsure, common_error=3.0)
    assert not AnsweredImages(images.samples, (unsure,)).covers([0]).any()
    assert AnsweredImages(images.samples, (shared,)).covers([0]).all()

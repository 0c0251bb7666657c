"""Answers of models, made by hand."""

import numpy as np
import pytest

from bsnet_core.brixia import BrixiaScore
from tests.training.evaluation.conftest import small_model  # noqa: F401 - a fixture
from training.elsewhere.answered_images import AnsweredImages
from training.elsewhere.answers import Answer


def certain(image, digits, **known):
    """An answer that is sure of the score of six digits."""
    zones = np.eye(4)[[int(digit) for digit in digits]]
    return Answer(image, known.pop("patient", "p"), BrixiaScore.from_text(digits), zones, **known)


@pytest.fixture
def answered():
    """Makes `AnsweredImages` of samples and the digits of certain answers."""

    def make(samples, digits):
        answers = [
            certain(str(sample.image), score, patient=sample.patient)
            for sample, score in zip(samples, digits, strict=True)
        ]
        return AnsweredImages(tuple(samples), tuple(answers))

    return make

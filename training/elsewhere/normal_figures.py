"""Figures on images without any finding, whose global score should be 0."""

from __future__ import annotations

import numpy as np

from training.elsewhere.answered_images import AnsweredImages
from training.evaluation.estimates import Measure
from training.evaluation.statistics_of_rows import calibration_error, mean, median

MEDIAN, OVER_3, OVER_9 = "median global score, as shown", "share over 3", "share over 9"
BIAS = "bias of the expected global score against 0"
ECE = "ECE of the zones against 0"
INTERVAL = "90% interval of the global score contains 0"


def measures(images: AnsweredImages) -> list[Measure]:
    """The figures of one model on normal images."""
    shown = images.shown
    return [
        images.measure(MEDIAN, median(shown)),
        images.measure(OVER_3, mean(shown > 3)),
        images.measure(OVER_9, mean(shown > 9)),
        images.measure(BIAS, mean(images.expected)),
        images.measure(ECE, calibration_error(images.probabilities, np.zeros((len(images.samples), 6), dtype=int))),
        images.measure(INTERVAL, mean(images.covers(np.zeros(len(images.samples))))),
    ]

"""The labels of the scoring stages: for every zone, how much each class counts as the true one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES
from training.datasets.sample import Sample


def soft_labels(sample: Sample, second_reader_weight: float, *, mirrored: bool) -> npt.NDArray[np.float32]:
    """(3, 2, 4) weight of each class in each zone: the senior's score, mixed with the second reader's if asked.

    All weights are 0 where no zone score is known.

    Args:
        sample: The image and its readings.
        second_reader_weight: Weight of the second reader's score, 0 to 0.5.
        mirrored: Whether the image is shown mirrored, so that the zones of left and right swap.
    """
    labels = np.zeros((*GRID_SHAPE, N_CLASSES), dtype=np.float32)
    if sample.score is None:
        return labels
    readings = [(sample.score, 1.0)]
    if sample.second_score is not None and second_reader_weight > 0:
        readings = [(sample.score, 1 - second_reader_weight), (sample.second_score, second_reader_weight)]
    for reading, weight in readings:
        grid = (reading.mirrored() if mirrored else reading).grid
        labels += np.float32(weight) * np.eye(N_CLASSES, dtype=np.float32)[grid]
    return labels

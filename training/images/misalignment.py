"""Random misalignments, on which the alignment is trained and measured."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.configuration.sections import AugmentationConfig

MISALIGNMENT_SEED = 20210715
"""Seed of the misalignments of validation and evaluation, which are the same every time."""


def random_misalignments(count: int, config: AugmentationConfig, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(count, 2, 3) random rotations, scalings and shifts of the paper's Table 2, in normalised coordinates."""
    angle = np.radians(rng.uniform(-config.rotation_deg, config.rotation_deg, count))
    scale = 1 + rng.uniform(-config.scale, config.scale, count)
    shift = 2 * rng.uniform(-config.shift, config.shift, (count, 2))
    matrices = np.empty((count, 2, 3), dtype=np.float32)
    matrices[:, 0, 0], matrices[:, 0, 1] = scale * np.cos(angle), -scale * np.sin(angle)
    matrices[:, 1, 0], matrices[:, 1, 1] = scale * np.sin(angle), scale * np.cos(angle)
    matrices[:, :, 2] = shift
    return matrices

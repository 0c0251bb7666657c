"""The batches of an epoch, and how many validation images are taken at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

VALIDATION_BATCH = 8
IMAGES_SHOWN = 4
"""Validation images shown in TensorBoard."""


def shuffled_batches(
    rows: Sequence[int], batch_size: int, rng: np.random.Generator, processes: int = 1
) -> list[list[int]]:
    """The rows in random order in batches of all processes together.

    A last batch with less than two images for each process joins the one before: batch norm needs two.
    """
    order = [int(row) for row in rng.permutation(np.asarray(rows))]
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    if len(batches) > 1 and len(batches[-1]) < 2 * processes:
        last = batches.pop()
        batches[-1] += last
    return batches

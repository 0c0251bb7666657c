"""Super-pixels masked one by one and scored by the whole network, several to a pass (paper 5.4, Eq. 4)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bsnet_core.explanation.maps.growing_map import GrowingMap
from bsnet_core.inference.predictor import Predictor

GPU_BATCH = 16


def batch_size(predictor: Predictor) -> int:
    """Images per pass: one at a time is fastest on a CPU, many on a GPU."""
    return 1 if predictor.device.type == "cpu" else GPU_BATCH


def masked(
    image: npt.NDArray[np.float32], superpixels: npt.NDArray[np.int32], chosen: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """(M, S, S) copies of an image, each with one of the M chosen super-pixels set to zero."""
    return np.where(superpixels[None] == chosen[:, None, None], np.float32(0), image[None])


def mask_in_whole_network(
    growing: GrowingMap,
    predictor: Predictor,
    image: npt.NDArray[np.float32],
    superpixels: npt.NDArray[np.int32],
    order: npt.NDArray[np.intp],
) -> None:
    """Adds the exact contributions of super-pixels to a growing map, in the given order.

    Args:
        growing: Takes the contributions; its base probabilities are torch's for the unmasked image.
        predictor: Scores in torch, whatever its backend.
        image: (S, S) float32, the network image.
        superpixels: (S, S) labels.
        order: Super-pixels to mask.

    Raises:
        Cancelled: the map's report asked to stop.
    """
    for chosen in growing.batches(order, batch_size(predictor)):
        growing.add(chosen, predictor.reference_probabilities(masked(image, superpixels, chosen)) - growing.base)

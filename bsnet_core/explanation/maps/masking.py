"""Super-pixels masked one by one and scored by the whole network, several to a pass (paper 5.4, Eq. 4)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bsnet_core.explanation.maps.filling import filling_of
from bsnet_core.explanation.maps.growing_map import GrowingMap
from bsnet_core.explanation.maps.result import Masking
from bsnet_core.inference.predictor import Predictor

GPU_BATCH = 16

Scorer = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""From (N, S, S) network images to (N, 3, 2, 4) zone probabilities."""


def batch_size(predictor: Predictor) -> int:
    """Images per pass: one at a time is fastest on a CPU, many on a GPU."""
    return 1 if predictor.device.type == "cpu" else GPU_BATCH


def scorer_of(predictor: Predictor, network_image: npt.NDArray[np.float32], masking: Masking) -> Scorer:
    """Scores masked images in torch, whatever the backend: by the whole network, or with the unmasked image's lungs.

    A network that finds no lungs has none to hold and runs whole.
    """
    from bsnet_core.explanation.maps.unmasked_views import HeldLungs
    from bsnet_core.model.bsnet import BSNet

    if masking.holds_lungs and isinstance(predictor.model, BSNet):
        return HeldLungs(predictor, network_image).probabilities
    return predictor.reference_probabilities


def masked(
    image: npt.NDArray[np.float32],
    superpixels: npt.NDArray[np.int32],
    chosen: npt.NDArray[np.intp],
    filling: npt.NDArray[np.float32] | None = None,
) -> npt.NDArray[np.float32]:
    """(M, S, S) copies of an image, each with one of the M chosen super-pixels filled: with zero if not given."""
    values = np.float32(0) if filling is None else filling[None]
    return np.where(superpixels[None] == chosen[:, None, None], values, image[None])


def mask_in_whole_network(
    growing: GrowingMap,
    predictor: Predictor,
    image: npt.NDArray[np.float32],
    superpixels: npt.NDArray[np.int32],
    order: npt.NDArray[np.intp],
    score: Scorer,
    masking: Masking = Masking.BLACK,
) -> None:
    """Adds the exact contributions of super-pixels to a growing map, in the given order.

    Args:
        growing: Takes the contributions; its base probabilities are `score`'s for the unmasked image.
        predictor: Its device decides how many images are scored at once.
        image: (S, S) float32, the network image.
        superpixels: (S, S) labels.
        order: Super-pixels to mask.
        score: Scores masked images.
        masking: What takes the place of a super-pixel.

    Raises:
        Cancelled: the map's report asked to stop.
    """
    filling = filling_of(image, superpixels, masking)
    for chosen in growing.batches(order, batch_size(predictor)):
        growing.add(chosen, score(masked(image, superpixels, chosen, filling)) - growing.base)

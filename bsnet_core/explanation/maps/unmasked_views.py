"""Features, lungs and alignment of the unmasked image, and of its mirror image if the model averages both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.segmentation import lung_probability


@dataclass(frozen=True, slots=True)
class UnmaskedView:
    """The image, or its mirror image, as the network sees it.

    Attributes:
        is_mirrored: Whether it is the mirror image.
        features: The encoder's features, finest first.
        probability: (1, 1, S, S) lung probability.
        alignment: (1, 2, 3).
    """

    is_mirrored: bool
    features: Sequence[Tensor]
    probability: Tensor
    alignment: Tensor


def unmasked_views(
    model: BSNet, device: torch.device, network_image: npt.NDArray[np.float32]
) -> tuple[UnmaskedView, ...]:
    """Analyses an (S, S) network image: one view, or two if the model averages with the mirror image."""
    flips = (False, True) if model.config.mirror_averaging else (False,)
    with torch.inference_mode():
        views = []
        for flip in flips:
            features = model.encode(_as_batch(network_image[None], device, is_mirrored=flip))
            probability = lung_probability(model.segment(features))
            views.append(UnmaskedView(flip, features, probability, model.align(probability)))
    return tuple(views)


class HeldLungs:
    """Scores images with the lungs and the alignment of one unmasked image."""

    def __init__(self, predictor: Predictor, network_image: npt.NDArray[np.float32]) -> None:
        """Analyses the unmasked (S, S) image in torch.

        Raises:
            TypeError: the model finds no lungs.
        """
        model = predictor.model
        if not isinstance(model, BSNet):
            raise TypeError("Only BS-Net has lungs to hold.")
        self._model, self._predictor = model, predictor
        self._views = unmasked_views(model, predictor.device, network_image)

    def probabilities(self, network_images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(N, 3, 2, 4) of (N, S, S) images; the unmasked image gets the probabilities of its prediction."""
        config, attention = self._model.config, self._predictor.attention
        grids = []
        with torch.inference_mode():
            for view in self._views:
                images = _as_batch(network_images, self._predictor.device, is_mirrored=view.is_mirrored)
                probability = view.probability.expand(len(images), -1, -1, -1)
                alignment = view.alignment.expand(len(images), -1, -1)
                features = self._model.encode(images)
                logits = self._model.score(features, probability, alignment, config.heads_of(attention))
                grid = zone_probabilities(logits, attention, config.temperature)
                grids.append(grid.flip(2) if view.is_mirrored else grid)
            return np.asarray(torch.stack(grids).mean(dim=0).float().cpu().numpy())


def _as_batch(images: npt.NDArray[np.float32], device: torch.device, *, is_mirrored: bool) -> Tensor:
    batch = torch.tensor(images)[:, None].to(device)
    return (batch.flip(-1) if is_mirrored else batch).contiguous(memory_format=torch.channels_last)

"""Aligned features of a trunk that does not change, worked out once for every film and view."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bsnet_core.model.bsnet import AlignedFeatures, BSNet
from bsnet_core.model.segmentation import lung_probability
from training.augmentation import Augmentation
from training.config import AugmentationConfig
from training.prepared import PreparedImages, as_tensor


class FrozenFeatures:
    """Keeps what the scoring heads see, in half precision: several views of every film must fit into memory.

    Folds of a cross-validation on the same trunk share one of these.
    """

    def __init__(
        self, data: PreparedImages, augmentation: AugmentationConfig, variants: int, *, device: torch.device, seed: int
    ) -> None:
        self.variants = variants
        self._data, self._augmentation = data, Augmentation(augmentation)
        self._device, self._seed = device, seed
        self._varied: dict[tuple[int, int], tuple[AlignedFeatures, bool]] = {}
        self._plain: dict[tuple[int, bool], AlignedFeatures] = {}

    def varied(self, model: BSNet, row: int, variant: int) -> tuple[AlignedFeatures, bool]:
        """Features of one of the film's augmented variants, and whether that one is mirrored."""
        key = (row, variant)
        if key not in self._varied:
            # Seeded by row and variant alone: what is kept does not depend on when it was first needed.
            self._augmentation.reseed(self._seed * 100_003 + row * self.variants + variant)
            image, _mask, mirrored = self._augmentation(self._data.images[row], self._data.masks[row])
            self._varied[key] = (_kept(model, as_tensor(image[None], self._device)), mirrored)
        return self._varied[key]

    def plain(self, model: BSNet, row: int, *, mirrored: bool) -> AlignedFeatures:
        """Features of the film as it is, or of its mirror image."""
        key = (row, mirrored)
        if key not in self._plain:
            image = as_tensor(self._data.images[[row]], self._device)
            self._plain[key] = _kept(model, image.flip(-1) if mirrored else image)
        return self._plain[key]


def joined(found: Sequence[AlignedFeatures]) -> AlignedFeatures:
    """One batch in float32."""
    return AlignedFeatures(
        tuple(torch.cat(level).float() for level in zip(*(entry.levels for entry in found), strict=True)),
        tuple(torch.cat(mask).float() for mask in zip(*(entry.masks for entry in found), strict=True)),
    )


@torch.no_grad()
def aligned_features(model: BSNet, images: Tensor) -> AlignedFeatures:
    """What the scoring heads see of (N, 1, S, S) images."""
    features = model.encode(images)
    probability = lung_probability(model.segment(features))
    return model.align_features(features, probability, model.align(probability))


def _kept(model: BSNet, images: Tensor) -> AlignedFeatures:
    aligned = aligned_features(model, images)
    return AlignedFeatures(tuple(x.half() for x in aligned.levels), tuple(x.half() for x in aligned.masks))

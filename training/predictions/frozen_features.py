"""The input of the scoring heads while the rest of the network does not change, computed once per image and variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from bsnet_core.model.bsnet import AlignedFeatures, BSNet
from bsnet_core.model.network_config import Attention
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.model.statistics_head import StatisticsHead
from training.configuration.sections import AugmentationConfig
from training.images.augmentation import Augmentation
from training.images.prepared_images import PreparedImages, as_tensor
from training.loop.seeds import variant_seed


@dataclass(frozen=True)
class SeenByHeads:
    """Input of the scoring heads for N images, in float32 or as it is kept.

    Attributes:
        aligned: Input of heads on features; kept in half precision, as several variants of every image must fit into
            memory. None if all heads are on zone statistics.
        statistics: (N, 3, 2, D) by head, for heads on zone statistics.
    """

    aligned: AlignedFeatures | None
    statistics: Mapping[Attention, Tensor] = field(default_factory=dict)

    def scored_by(self, model: BSNet) -> dict[Attention, Tensor]:
        """Logits (N, 3, 2, 4) of every head."""
        if self.aligned is not None:
            return model.score_aligned(self.aligned)
        heads = statistics_heads(model)
        return {name: heads[name].logits_of(heads[name].latent_scores(seen)) for name, seen in self.statistics.items()}


def sees_statistics_alone(model: BSNet) -> bool:
    """Whether all heads are on zone statistics, which are kept in full precision."""
    return len(statistics_heads(model)) == len(model.heads)


def statistics_heads(model: BSNet) -> dict[Attention, StatisticsHead]:
    """The heads on zone statistics."""
    return {Attention(name): head for name, head in model.heads.items() if isinstance(head, StatisticsHead)}


class FrozenFeatures:
    """Keeps the input of the scoring heads for every image and variant.

    All folds of a cross-validation with the same trunk (encoder, segmentation and alignment) share one of these.
    """

    def __init__(
        self, data: PreparedImages, augmentation: AugmentationConfig, variants: int, *, device: torch.device, seed: int
    ) -> None:
        self.variants = variants
        self._data, self._augmentation = data, Augmentation(augmentation)
        self._device, self._seed = device, seed
        self._varied: dict[tuple[int, int], tuple[SeenByHeads, bool]] = {}
        self._plain: dict[tuple[int, bool], SeenByHeads] = {}

    def varied(self, model: BSNet, row: int, variant: int) -> tuple[SeenByHeads, bool]:
        """Features of one of the image's augmented variants, and whether that one is mirrored."""
        key = (row, variant)
        if key not in self._varied:
            self._augmentation.reseed(variant_seed(self._seed, row, variant, self.variants))
            image, _mask, mirrored = self._augmentation(self._data.images[row], self._data.masks[row])
            self._varied[key] = (_kept(model, as_tensor(image[None], self._device)), mirrored)
        return self._varied[key]

    def plain(self, model: BSNet, row: int, *, mirrored: bool) -> SeenByHeads:
        """Features of the image without augmentation, or of its mirror image."""
        key = (row, mirrored)
        if key not in self._plain:
            image = as_tensor(self._data.images[[row]], self._device)
            self._plain[key] = _kept(model, image.flip(-1) if mirrored else image)
        return self._plain[key]


def joined(found: Sequence[SeenByHeads]) -> SeenByHeads:
    """Several inputs as one batch in float32."""
    names = found[0].statistics
    statistics = {name: torch.cat([entry.statistics[name] for entry in found]) for name in names}
    features = [entry.aligned for entry in found if entry.aligned is not None]
    if not features:
        return SeenByHeads(None, statistics)
    aligned = AlignedFeatures(
        tuple(torch.cat(level).float() for level in zip(*(entry.levels for entry in features), strict=True)),
        tuple(torch.cat(mask).float() for mask in zip(*(entry.masks for entry in features), strict=True)),
    )
    return SeenByHeads(aligned, statistics)


@torch.no_grad()
def aligned_features(model: BSNet, images: Tensor) -> AlignedFeatures:
    """Features that the scoring heads see of (N, 1, S, S) images."""
    features = model.encode(images)
    probability = lung_probability(model.segment(features))
    return model.align_features(features, probability, model.align(probability))


@torch.no_grad()
def zone_statistics(model: BSNet, aligned: AlignedFeatures) -> dict[Attention, Tensor]:
    """(N, 3, 2, D) by head, for the heads on zone statistics."""
    heads = statistics_heads(model)
    return {name: head.statistics(aligned.levels, aligned.masks_for(name)) for name, head in heads.items()}


def _kept(model: BSNet, images: Tensor) -> SeenByHeads:
    aligned = aligned_features(model, images)
    if sees_statistics_alone(model):
        return SeenByHeads(None, zone_statistics(model, aligned))
    halves = AlignedFeatures(tuple(x.half() for x in aligned.levels), tuple(x.half() for x in aligned.masks))
    return SeenByHeads(halves)

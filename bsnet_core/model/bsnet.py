"""BS-Net: the blocks of the paper put together (Signoroni et al. 2021, section 5.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bsnet_core.model.alignment import build_alignment
from bsnet_core.model.backbone import STRIDES, build_encoder, level_channels
from bsnet_core.model.network_config import Architecture, Attention, BSNetConfig, HeadVariant
from bsnet_core.model.resampling import resample
from bsnet_core.model.scoring import ScoringHead
from bsnet_core.model.segmentation import LungSegmentation, lung_probability
from bsnet_core.model.statistics_head import StatisticsHead


@dataclass(frozen=True, slots=True)
class BSNetOutput:
    """One forward pass.

    Attributes:
        lung_logits: (N, 1, S, S), network frame.
        alignment: (N, 2, 3), see `bsnet_core.frames.Frames`.
        zone_logits: Per attention (N, 3, 2, 4), rows upper to lower, column 0 = A B C.
    """

    lung_logits: Tensor
    alignment: Tensor
    zone_logits: Mapping[Attention, Tensor]


@dataclass(frozen=True, slots=True)
class AlignedFeatures:
    """The input of the scoring heads, in the aligned frame.

    Attributes:
        levels: Four (N, C, h, w) feature maps, finest first.
        masks: The lung probability at each level's size, (N, 1, h, w) in [0, 1].
    """

    levels: tuple[Tensor, ...]
    masks: tuple[Tensor, ...]

    def masks_for(self, attention: Attention) -> tuple[Tensor, ...] | None:
        """The masks for hard attention; None for soft attention, which uses none."""
        return self.masks if attention is Attention.HARD else None


class BSNet(nn.Module):
    """Segmentation, alignment and one scoring head per attention on one shared encoder."""

    def __init__(self, config: BSNetConfig) -> None:
        if config.architecture is not Architecture.BSNET:
            raise ValueError("This configuration describes the baseline, not BS-Net.")
        super().__init__()
        self.config = config
        self.encoder = build_encoder(config.encoder)
        self.segmentation = LungSegmentation(config.encoder, config.decoder, config.decoder_channels)
        self.alignment = build_alignment(config)
        channels = level_channels(self.encoder)
        self.heads = nn.ModuleDict({attention.value: _head(config, channels) for attention in config.attentions})

    def forward(self, images: Tensor) -> BSNetOutput:
        """Args: images: (N, 1, S, S) float32 in [0, 1], preprocessed."""
        features = self.encode(images)
        logits = self.segment(features)
        probability = lung_probability(logits)
        alignment = self.align(probability)
        return BSNetOutput(logits, alignment, self.score(features, probability, alignment))

    def encode(self, images: Tensor) -> Sequence[Tensor]:
        """The encoder's features, finest first; the last four feed the scoring heads."""
        features: Sequence[Tensor] = self.encoder(images)
        return features

    def segment(self, features: Sequence[Tensor]) -> Tensor:
        """(N, 1, S, S) lung logits."""
        logits: Tensor = self.segmentation(features)
        return logits

    def align(self, probability: Tensor) -> Tensor:
        """(N, 2, 3) alignment of (N, 1, S, S) lung probabilities."""
        alignment: Tensor = self.alignment(probability)
        return alignment

    def score(
        self,
        features: Sequence[Tensor],
        probability: Tensor,
        alignment: Tensor,
        attentions: Sequence[Attention] | None = None,
    ) -> dict[Attention, Tensor]:
        """Logits of the chosen heads (all if None): (N, 3, 2, 4) each."""
        return self.score_aligned(self.align_features(features, probability, alignment), attentions)

    def align_features(self, features: Sequence[Tensor], probability: Tensor, alignment: Tensor) -> AlignedFeatures:
        """The multi-resolution feature aligner: four levels and the lung probability in the aligned frame."""
        levels = tuple(resample(level, alignment) for level in features[-len(STRIDES) :])
        masks = tuple(resample(probability, alignment, level.shape[-1]).to(level.dtype) for level in levels)
        return AlignedFeatures(levels, masks)

    def score_aligned(
        self, aligned: AlignedFeatures, attentions: Sequence[Attention] | None = None
    ) -> dict[Attention, Tensor]:
        """Logits of the chosen heads (all if None) from aligned features: (N, 3, 2, 4) each."""
        results: dict[Attention, Tensor] = {}
        for attention in self.config.attentions if attentions is None else attentions:
            results[attention] = self.heads[attention.value](aligned.levels, aligned.masks_for(attention))
        return results


def _head(config: BSNetConfig, channels: Sequence[int]) -> ScoringHead | StatisticsHead:
    if config.head is HeadVariant.STATISTICS:
        return StatisticsHead(channels, config.class_spread)
    return ScoringHead(
        channels,
        config.head,
        config.levels,
        config.head_channels,
        config.zone_channels,
        shared_classifier=config.shared_classifier,
    )


def zone_probabilities(logits: Mapping[Attention, Tensor], attention: Attention, temperature: float = 1.0) -> Tensor:
    """(N, 3, 2, 4) class probabilities of one head, or the mean over both for the ensemble (paper 6.3)."""
    chosen = list(logits) if attention is Attention.ENSEMBLE else [attention]
    return torch.stack([torch.softmax(logits[head].float() / temperature, dim=-1) for head in chosen]).mean(dim=0)

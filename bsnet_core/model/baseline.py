"""The all-in-one baseline: an encoder and a dense layer, no segmentation, no alignment (paper Table 5)."""

from __future__ import annotations

from torch import Tensor, nn

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES
from bsnet_core.model.backbone import build_encoder, level_channels
from bsnet_core.model.network_config import Architecture, BSNetConfig


class Baseline(nn.Module):
    """From the whole image to six zones at once; ResNet-18 in the paper."""

    def __init__(self, config: BSNetConfig) -> None:
        if config.architecture is not Architecture.BASELINE:
            raise ValueError("This configuration describes BS-Net, not the baseline.")
        super().__init__()
        self.config = config
        self.encoder = build_encoder(config.encoder)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(level_channels(self.encoder)[-1], GRID_SHAPE[0] * GRID_SHAPE[1] * N_CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Args: images: (N, 1, S, S) float32 in [0, 1]. Returns: (N, 3, 2, 4) logits."""
        pooled = self.pool(self.encoder(images)[-1]).flatten(1)
        return self.classifier(pooled).unflatten(1, (*GRID_SHAPE, N_CLASSES))

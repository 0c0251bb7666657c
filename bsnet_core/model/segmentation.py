"""Lung segmentation: U-Net++ (or U-Net) on the shared encoder (paper 5.1, Table 4)."""

from __future__ import annotations

from collections.abc import Sequence

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn

from bsnet_core.model.network_config import SegmentationDecoder

_WHOLE_NETWORKS = {
    SegmentationDecoder.UNET_PLUS_PLUS: smp.UnetPlusPlus,
    SegmentationDecoder.UNET: smp.Unet,
}


class LungSegmentation(nn.Module):
    """From encoder features to one channel of lung logits at full resolution; sigmoid gives the lung probability."""

    def __init__(self, encoder_name: str, decoder: SegmentationDecoder, decoder_channels: Sequence[int]) -> None:
        super().__init__()
        whole = _WHOLE_NETWORKS[decoder](
            encoder_name, encoder_weights=None, in_channels=1, classes=1, decoder_channels=tuple(decoder_channels)
        )
        self.decoder = whole.decoder
        self.head = whole.segmentation_head

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Args: features: the encoder's list. Returns: (N, 1, S, S) logits."""
        logits: Tensor = self.head(self.decoder(list(features)))
        return logits


def lung_probability(logits: Tensor) -> Tensor:
    """(N, 1, S, S) in [0, 1], always float32: the alignment is sensitive to rounding."""
    return torch.sigmoid(logits.float())

"""The encoder shared by segmentation and scoring (paper 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import segmentation_models_pytorch as smp
from torch import nn

STRIDES = (4, 8, 16, 32)
"""Strides of the four feature levels the scoring head uses."""


def build_encoder(name: str) -> nn.Module:
    """A one-channel encoder with five stages and random weights.

    Its `forward` gives a list: the input (or its first features) and the features at strides 2, 4, 8, 16 and 32;
    `out_channels` lists their widths.

    Args:
        name: Encoder of segmentation-models-pytorch: ResNet, VGG, DenseNet, Inception, EfficientNet and more.

    Raises:
        ValueError: no such encoder.
    """
    try:
        return smp.encoders.get_encoder(name, in_channels=1, depth=5, weights=None)
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"There is no encoder named {name!r} in segmentation-models-pytorch.") from error


def level_channels(encoder: nn.Module) -> tuple[int, ...]:
    """Widths of the four levels at `STRIDES`."""
    widths = cast("Sequence[int]", encoder.out_channels)
    return tuple(int(width) for width in widths[-len(STRIDES) :])

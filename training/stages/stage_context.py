"""Everything that every stage is given besides its network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from training.configuration.sections import AugmentationConfig, StageConfig
from training.images.prepared_images import PreparedImages
from training.loop.processes import ALONE, Share


@dataclass(frozen=True)
class StageRows:
    """Rows of the prepared images that a stage trains and validates on.

    Attributes:
        train, validation: Images with a mask or a score, as the stage needs.
        normal: Normal images for training, by text mining or by a radiologist.
        lungs: Images for training with extent and opacity of each lung but no Brixia score.
        opacity: Images for training with extent and opacity but no Brixia score.
    """

    train: Sequence[int]
    validation: Sequence[int]
    normal: Sequence[int] = ()
    lungs: Sequence[int] = ()
    opacity: Sequence[int] = ()


@dataclass(frozen=True)
class StageContext:
    """Everything that every stage is given besides its network.

    Attributes:
        settings: The stage's settings.
        images: Prepared images at the network's own side.
        rows: Which of them the stage trains and validates on.
        augmentation: Random transforms of the training images.
        device: Device of the network.
        seed: The run's seed.
        share: This process's part of every batch.
    """

    settings: StageConfig
    images: PreparedImages
    rows: StageRows
    augmentation: AugmentationConfig
    device: torch.device
    seed: int
    share: Share = ALONE

    @property
    def has_validation(self) -> bool:
        """Whether the stage has any image to validate on."""
        return len(self.rows.validation) > 0

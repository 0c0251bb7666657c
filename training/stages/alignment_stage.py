"""Stage 2: the alignment learns to undo random misalignments of lung masks (paper 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.resampling import resample
from training.configuration.sections import CanonicalTarget
from training.images.canonical_alignment import canonical_alignment
from training.images.misalignment import MISALIGNMENT_SEED, random_misalignments
from training.images.prepared_images import as_tensor
from training.images.tensorboard_images import alignment_image
from training.loop.seeds import epoch_seed
from training.loop.stage import Step
from training.stages.batches import IMAGES_SHOWN, shuffled_batches
from training.stages.losses import dice_loss, hard_dice
from training.stages.stage_context import StageContext


class AlignmentStage:
    """Trains the spatial transformer on synthetically misaligned true masks.

    Only masks are needed, so a pass over them is cheap: every epoch shows each mask `REPEATS` times. Masks are kept at
    no more than `FINER` times the side of the alignment's own input.
    """

    REPEATS = 8
    FINER = 2

    def __init__(self, model: BSNet, context: StageContext, target: CanonicalTarget) -> None:
        """Sets up the stage.

        Args:
            model: The network, on the context's device.
            context: Rows with masks.
            target: The canonical pose to reach.
        """
        self.model, self.settings = model, context.settings
        self._context = context
        masks, device = context.images.masks, context.device
        rows = sorted({*context.rows.train, *context.rows.validation})
        side = min(self.FINER * model.config.alignment_side_px, model.config.side_px)
        self._masks = {row: _made_smaller(as_tensor(masks[[row]], device), side) for row in rows}
        self._to_canonical = {
            row: torch.from_numpy(canonical_alignment(masks[row] > 0, target)).float().to(device) for row in rows
        }

    @property
    def has_validation(self) -> bool:
        """Whether any validation image has a mask."""
        return self._context.has_validation

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The alignment network alone."""
        return [{"params": list(self.model.alignment.parameters()), "lr": self.settings.learning_rate}]

    def train_mode(self) -> None:
        """Only the alignment learns."""
        self.model.eval()
        self.model.alignment.train()

    def step_count(self, epoch: int) -> int:
        """Number of steps in the epoch."""
        return self.REPEATS * len(self._batches(np.random.default_rng(0)))

    def steps(self, epoch: int) -> Iterator[Step]:
        """Misaligned masks and canonical masks."""
        context = self._context
        rng = np.random.default_rng(epoch_seed(context.seed, epoch))
        for _ in range(self.REPEATS):
            for rows in self._batches(rng):
                # Drawn for the whole batch, so that every process draws the same.
                flips = rng.random(len(rows)) < context.augmentation.flip_p
                misalignments = random_misalignments(len(rows), context.augmentation, rng)
                mine = context.share.of(range(len(rows)))
                batch = self._pair(context.share.of(rows), misalignments[mine], flips[mine])
                yield Step(batch, len(rows), context.share.weight(len(rows)))

    def loss(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Mapping[str, float]]:
        """Soft Dice between the re-aligned and the canonical mask."""
        pooled, canonical = batch
        with torch.autocast(self._context.device.type, enabled=False):
            return dice_loss(resample(pooled, self.model.alignment.from_pooled(pooled)), canonical), {}

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """Mean Dice of re-aligned validation masks, whose misalignments are the same every time."""
        realigned, _, canonical = self._realigned(list(self._context.rows.validation))
        mean = float(np.mean(hard_dice(realigned >= 0.5, canonical >= 0.5)))
        return {"value": 1 - mean, "dice": mean}

    @torch.no_grad()
    def images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """Validation masks misaligned, re-aligned and canonical."""
        maps = self._realigned(list(self._context.rows.validation[:IMAGES_SHOWN]))
        realigned, pooled, canonical = (tensor[:, 0].float().cpu().numpy() for tensor in maps)
        return {"alignment": alignment_image(pooled, realigned, canonical)}

    def _batches(self, rng: np.random.Generator) -> list[list[int]]:
        context = self._context
        return shuffled_batches(context.rows.train, self.settings.batch_size, rng, context.share.count)

    def _pair(
        self, rows: Sequence[int], misalignments: npt.NDArray[np.float32], flips: npt.NDArray[np.bool_]
    ) -> tuple[Tensor, Tensor]:
        """Misaligned masks as the alignment network sees them, and canonical masks."""
        side, device = self.model.config.alignment_side_px, self._context.device
        masks = torch.cat([self._masks[row] for row in rows])
        canonical = resample(masks, torch.stack([self._to_canonical[row] for row in rows]), side)
        misaligned = resample(masks, torch.from_numpy(misalignments).to(device))
        mirrored = torch.from_numpy(flips).to(device)[:, None, None, None]
        canonical = torch.where(mirrored, canonical.flip(-1), canonical)
        misaligned = torch.where(mirrored, misaligned.flip(-1), misaligned)
        return self.model.alignment.pool(misaligned), canonical

    def _realigned(self, rows: list[int]) -> tuple[Tensor, Tensor, Tensor]:
        """Re-aligned, misaligned and canonical masks of validation rows."""
        rng = np.random.default_rng(MISALIGNMENT_SEED)
        misalignments = random_misalignments(len(rows), self._context.augmentation, rng)
        pooled, canonical = self._pair(rows, misalignments, np.zeros(len(rows), dtype=bool))
        return resample(pooled, self.model.alignment.from_pooled(pooled)), pooled, canonical


def _made_smaller(masks: Tensor, side: int) -> Tensor:
    """Masks (N, 1, S, S) reduced to (N, 1, side, side); their edges become soft."""
    return masks if masks.shape[-1] == side else F.interpolate(masks, (side, side), mode="area")

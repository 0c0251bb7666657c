"""The four stages, from the part to the whole (paper 5.2): what is trainable, on which images, by which loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES, BrixiaScore
from bsnet_core.model.alignment import resample
from bsnet_core.model.bsnet import AlignedFeatures, BSNet, score_mirrored_too, zone_probabilities
from bsnet_core.model.config import Attention
from bsnet_core.model.segmentation import lung_probability
from training.augmentation import Augmentation
from training.canonical import canonical_alignment
from training.config import AugmentationConfig, CanonicalTarget, LossConfig, StageConfig
from training.datasets.sample import Sample
from training.losses import dice_loss, lung_loss, score_loss
from training.prepared import PreparedImages

VALIDATION_BATCH = 8
MISALIGNMENT_SEED = 20210715
ZERO = BrixiaScore((0, 0, 0, 0, 0, 0))


@dataclass(frozen=True)
class Part:
    """Rows of the prepared images that a stage trains and validates on."""

    train: Sequence[int]
    validation: Sequence[int]
    weak: Sequence[int] = ()


@dataclass(frozen=True)
class ScoredBatch:
    """images (N, 1, S, S); masks (N, 1, S, S) of 0 and 1; outlined (N,) bool; targets (N, 3, 2, 4) class weights.

    `frozen` replaces images and masks where the trunk does not change.
    """

    images: Tensor
    masks: Tensor
    outlined: Tensor
    targets: Tensor
    frozen: AlignedFeatures | None = None


def as_tensor(array: npt.NDArray[np.uint8], device: torch.device) -> Tensor:
    """(N, S, S) uint8 to (N, 1, S, S) float32 in [0, 1], channels last."""
    tensor = torch.from_numpy(np.array(array)).to(device)  # a copy: cached arrays are read-only
    return (tensor[:, None].float() / 255).contiguous(memory_format=torch.channels_last)


def shuffled_batches(rows: Sequence[int], batch_size: int, rng: np.random.Generator) -> list[list[int]]:
    """The rows in random order in batches; a last batch of one joins the one before (batch norm needs two)."""
    order = [int(row) for row in rng.permutation(np.asarray(rows))]
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2] += batches.pop()
    return batches


def epoch_seed(seed: int, epoch: int) -> int:
    """A seed of its own for every epoch."""
    return seed * 100_003 + epoch


def class_weights(sample: Sample, second_reader_weight: float, *, mirrored: bool) -> npt.NDArray[np.float32]:
    """(3, 2, 4) weight of each class in each zone: the senior's score, shared with the second reader if asked.

    A "No Finding" image counts as a weak zero in all zones.
    """
    readings = [(sample.score or ZERO, 1.0)]
    if sample.second_score is not None and second_reader_weight > 0:
        readings = [(readings[0][0], 1 - second_reader_weight), (sample.second_score, second_reader_weight)]
    weights = np.zeros((*GRID_SHAPE, N_CLASSES), dtype=np.float32)
    for reading, weight in readings:
        grid = (reading.mirrored() if mirrored else reading).grid
        weights += np.float32(weight) * np.eye(N_CLASSES, dtype=np.float32)[grid]
    return weights


class SegmentationStage:
    """Stage 1: encoder and decoder on lung masks."""

    def __init__(
        self,
        model: BSNet,
        config: StageConfig,
        data: Mapping[int, PreparedImages],
        part: Part,
        augmentation: AugmentationConfig,
        *,
        device: torch.device,
        seed: int,
    ) -> None:
        """`data` holds the prepared images by side in pixels; the model's own side must be among them."""
        self.model, self.config, self._data, self._part = model, config, data, part
        self._augmentation, self._device, self._seed = Augmentation(augmentation), device, seed

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Encoder and segmentation decoder."""
        rate = self.config.learning_rate
        return [
            {"params": list(self.model.encoder.parameters()), "lr": rate * self.config.encoder_rate},
            {"params": list(self.model.segmentation.parameters()), "lr": rate},
        ]

    def train_mode(self) -> None:
        """Encoder and decoder learn, batch norm included."""
        self.model.train()

    def side_of(self, epoch: int) -> int:
        """The side in pixels an epoch is trained at."""
        passed = 0
        for side, count in self.config.sides_px:
            passed += count
            if epoch < passed:
                return side
        return self.model.config.side_px

    def batch_count(self, epoch: int) -> int:
        """Batches per epoch."""
        return len(shuffled_batches(self._part.train, self.config.batch_size, np.random.default_rng(0)))

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Augmented images and masks."""
        data = self._data[self.side_of(epoch)]
        seed = epoch_seed(self._seed, epoch)
        self._augmentation.reseed(seed)
        for rows in shuffled_batches(self._part.train, self.config.batch_size, np.random.default_rng(seed)):
            pairs = [self._augmentation(data.images[row], data.masks[row])[:2] for row in rows]
            images, masks = (np.stack(column) for column in zip(*pairs, strict=True))
            yield as_tensor(images, self._device), as_tensor(masks, self._device)

    def loss(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Mapping[str, float]]:
        """Cross-entropy plus Dice."""
        images, masks = batch
        return lung_loss(self.model.segment(self.model.encode(images)), masks), {}

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """Mean Dice of the thresholded mask at the model's side."""
        data = self._data[self.model.config.side_px]
        scores: list[float] = []
        for start in range(0, len(self._part.validation), VALIDATION_BATCH):
            rows = list(self._part.validation[start : start + VALIDATION_BATCH])
            logits = self.model.segment(self.model.encode(as_tensor(data.images[rows], self._device)))
            scores += hard_dice(logits > 0, as_tensor(data.masks[rows], self._device) > 0.5)
        return {"value": 1 - float(np.mean(scores)), "dice": float(np.mean(scores))}


def hard_dice(masks: Tensor, references: Tensor) -> list[float]:
    """Dice of each pair of (N, 1, H, W) bool masks."""
    overlap = (masks & references).sum(dim=(1, 2, 3)).double()
    total = masks.sum(dim=(1, 2, 3)) + references.sum(dim=(1, 2, 3))
    return torch.where(total > 0, 2 * overlap / total.clamp(min=1), 1.0).tolist()


def random_misalignments(count: int, config: AugmentationConfig, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(count, 2, 3) random rotations, scalings and shifts of Table 2, in normalised coordinates."""
    angle = np.radians(rng.uniform(-config.rotation_deg, config.rotation_deg, count))
    scale = 1 + rng.uniform(-config.scale, config.scale, count)
    shift = 2 * rng.uniform(-config.shift, config.shift, (count, 2))
    matrices = np.empty((count, 2, 3), dtype=np.float32)
    matrices[:, 0, 0], matrices[:, 0, 1] = scale * np.cos(angle), -scale * np.sin(angle)
    matrices[:, 1, 0], matrices[:, 1, 1] = scale * np.sin(angle), scale * np.cos(angle)
    matrices[:, :, 2] = shift
    return matrices


class AlignmentStage:
    """Stage 2: the spatial transformer on synthetically misaligned true masks.

    Only masks take part, so a pass over them is cheap: every epoch shows each mask `REPEATS` times.
    """

    REPEATS = 8

    def __init__(
        self,
        model: BSNet,
        config: StageConfig,
        data: PreparedImages,
        part: Part,
        augmentation: AugmentationConfig,
        target: CanonicalTarget,
        *,
        device: torch.device,
        seed: int,
    ) -> None:
        self.model, self.config, self._part = model, config, part
        self._augmentation, self._device, self._seed = augmentation, device, seed
        rows = sorted({*part.train, *part.validation})
        self._masks = {row: as_tensor(data.masks[[row]], device) for row in rows}
        self._to_canonical = {
            row: torch.from_numpy(canonical_alignment(data.masks[row] > 0, target)).float().to(device) for row in rows
        }

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The alignment network alone."""
        return [{"params": list(self.model.alignment.parameters()), "lr": self.config.learning_rate}]

    def train_mode(self) -> None:
        """Only the alignment learns."""
        self.model.eval()
        self.model.alignment.train()

    def batch_count(self, epoch: int) -> int:
        """Batches per epoch."""
        per_pass = len(shuffled_batches(self._part.train, self.config.batch_size, np.random.default_rng(0)))
        return self.REPEATS * per_pass

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Misaligned masks and canonical masks."""
        rng = np.random.default_rng(epoch_seed(self._seed, epoch))
        for _ in range(self.REPEATS):
            for rows in shuffled_batches(self._part.train, self.config.batch_size, rng):
                flips = rng.random(len(rows)) < self._augmentation.flip_p
                yield self._pair(rows, random_misalignments(len(rows), self._augmentation, rng), flips)

    def _pair(
        self, rows: Sequence[int], misalignments: npt.NDArray[np.float32], flips: npt.NDArray[np.bool_]
    ) -> tuple[Tensor, Tensor]:
        side = self.model.config.alignment_side_px
        masks = torch.cat([self._masks[row] for row in rows])
        canonical = resample(masks, torch.stack([self._to_canonical[row] for row in rows]), side)
        misaligned = resample(masks, torch.from_numpy(misalignments).to(self._device))
        mirrored = torch.from_numpy(flips).to(self._device)[:, None, None, None]
        canonical = torch.where(mirrored, canonical.flip(-1), canonical)
        misaligned = torch.where(mirrored, misaligned.flip(-1), misaligned)
        return self.model.alignment.pool(misaligned), canonical

    def loss(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Mapping[str, float]]:
        """Soft Dice between the re-aligned and the canonical mask."""
        pooled, canonical = batch
        with torch.autocast(self._device.type, enabled=False):
            return dice_loss(resample(pooled, self.model.alignment.from_pooled(pooled)), canonical), {}

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """Mean Dice of re-aligned validation masks, always misaligned alike."""
        rng = np.random.default_rng(MISALIGNMENT_SEED)
        rows = list(self._part.validation)
        pooled, canonical = self._pair(
            rows, random_misalignments(len(rows), self._augmentation, rng), np.zeros(len(rows), dtype=bool)
        )
        realigned = resample(pooled, self.model.alignment.from_pooled(pooled))
        mean = float(np.mean(hard_dice(realigned >= 0.5, canonical >= 0.5)))
        return {"value": 1 - mean, "dice": mean}


class ScoringStage:
    """Stages 3 and 4: the scoring heads alone, or everything."""

    def __init__(
        self,
        model: BSNet,
        config: StageConfig,
        data: PreparedImages,
        part: Part,
        augmentation: AugmentationConfig,
        loss: LossConfig,
        *,
        end_to_end: bool,
        device: torch.device,
        seed: int,
    ) -> None:
        self.model, self.config, self._data, self._part, self._loss = model, config, data, part, loss
        self._end_to_end, self._device, self._seed = end_to_end, device, seed
        self._augmentation = Augmentation(augmentation)
        self._frozen: dict[tuple[int, int], tuple[AlignedFeatures, bool]] = {}

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The heads; end to end also encoder, segmentation and alignment at their share of the rate."""
        rate = self.config.learning_rate
        groups = [{"params": list(self.model.heads.parameters()), "lr": rate}]
        if self._end_to_end:
            trunk: list[nn.Module] = [self.model.encoder, self.model.segmentation, self.model.alignment]
            parameters = [parameter for module in trunk for parameter in module.parameters()]
            groups.insert(0, {"params": parameters, "lr": rate * self.config.encoder_rate})
        return groups

    def train_mode(self) -> None:
        """Heads learn; the trunk's batch norm keeps its statistics unless the configuration frees it."""
        self.model.train()
        if not self._end_to_end:
            self.model.encoder.eval()
            self.model.segmentation.eval()
            self.model.alignment.eval()
        elif self.config.freeze_batch_norm:
            for part in (self.model.encoder, self.model.segmentation):
                for module in part.modules():
                    if isinstance(module, nn.BatchNorm2d):
                        module.eval()

    def _rows(self, epoch: int, rng: np.random.Generator) -> list[int]:
        weak = self._part.weak
        if self.config.frozen_variants > 0 and not self._end_to_end:
            # Every row drawn costs memory for its features: keep to twice as many as an epoch takes.
            weak = weak[: 2 * self.config.weak_images]
        count = min(self.config.weak_images, len(weak))
        drawn = [int(row) for row in rng.choice(np.asarray(weak), count, replace=False)] if count else []
        return [*self._part.train, *drawn]

    def batch_count(self, epoch: int) -> int:
        """Batches per epoch."""
        count = len(self._rows(epoch, np.random.default_rng(0)))
        return len(shuffled_batches(range(count), self.config.batch_size, np.random.default_rng(0)))

    def batches(self, epoch: int) -> Iterator[ScoredBatch]:
        """Augmented images with masks and scores; a mirrored picture has its zones exchanged."""
        seed = epoch_seed(self._seed, epoch)
        rng = np.random.default_rng(seed)
        self._augmentation.reseed(seed)
        keeps_features = self.config.frozen_variants > 0 and not self._end_to_end
        for rows in shuffled_batches(self._rows(epoch, rng), self.config.batch_size, rng):
            if keeps_features:
                yield self._frozen_batch(rows, rng.integers(0, self.config.frozen_variants, len(rows)))
                continue
            images, masks, outlined, targets = [], [], [], []
            for row in rows:
                sample = self._data.samples[row]
                image, mask, mirrored = self._augmentation(self._data.images[row], self._data.masks[row])
                images.append(image)
                masks.append(mask)
                outlined.append(sample.mask is not None)
                targets.append(class_weights(sample, self.config.second_reader_weight, mirrored=mirrored))
            yield ScoredBatch(
                as_tensor(np.stack(images), self._device),
                as_tensor(np.stack(masks), self._device),
                torch.tensor(outlined, device=self._device),
                torch.from_numpy(np.stack(targets)).to(self._device),
            )

    def _frozen_batch(self, rows: Sequence[int], variants: npt.NDArray[np.int_]) -> ScoredBatch:
        """Aligned features of augmented images, worked out once for every row and variant."""
        found, targets = [], []
        for row, variant in zip(rows, variants, strict=True):
            key = (row, int(variant))
            if key not in self._frozen:
                # Seeded by row and variant alone: what is kept does not depend on when it was first needed.
                self._augmentation.reseed(epoch_seed(self._seed, row * self.config.frozen_variants + int(variant)))
                image, _, mirrored = self._augmentation(self._data.images[row], self._data.masks[row])
                self._frozen[key] = (self._aligned_features(as_tensor(image[None], self._device)), mirrored)
            features, mirrored = self._frozen[key]
            found.append(features)
            sample = self._data.samples[row]
            targets.append(class_weights(sample, self.config.second_reader_weight, mirrored=mirrored))
        frozen = AlignedFeatures(
            tuple(torch.cat(level).float() for level in zip(*(entry.levels for entry in found), strict=True)),
            tuple(torch.cat(mask).float() for mask in zip(*(entry.masks for entry in found), strict=True)),
        )
        nothing = torch.empty(0, device=self._device)
        return ScoredBatch(nothing, nothing, nothing, torch.from_numpy(np.stack(targets)).to(self._device), frozen)

    @torch.no_grad()
    def _aligned_features(self, images: Tensor) -> AlignedFeatures:
        features = self.model.encode(images)
        probability = lung_probability(self.model.segment(features))
        aligned = self.model.align_features(features, probability, self.model.align(probability))
        # Half precision: several variants of every image must fit into memory.
        return AlignedFeatures(tuple(x.half() for x in aligned.levels), tuple(x.half() for x in aligned.masks))

    def loss(self, batch: ScoredBatch) -> tuple[Tensor, Mapping[str, float]]:
        """Equation 1 summed over the heads, plus the lungs where they are outlined."""
        if batch.frozen is not None:
            total = self._score_loss(self.model.score_aligned(batch.frozen), batch.targets)
            return total, {"score_loss": float(total.detach())}
        with torch.set_grad_enabled(self._end_to_end):
            features = self.model.encode(batch.images)
            logits = self.model.segment(features)
            probability = lung_probability(logits)
            alignment = self.model.align(probability)
        zone_logits = self.model.score(features, probability, alignment)
        total = self._score_loss(zone_logits, batch.targets)
        parts = {"score_loss": float(total.detach())}
        if self._end_to_end and self.config.segmentation_weight > 0 and bool(batch.outlined.any()):
            lungs = lung_loss(logits[batch.outlined], batch.masks[batch.outlined])
            parts["lung_loss"] = float(lungs.detach())
            total = total + self.config.segmentation_weight * lungs
        return total, parts

    def _score_loss(self, zone_logits: Mapping[Attention, Tensor], targets: Tensor) -> Tensor:
        losses = [score_loss(head, targets, self._loss.alpha, self._loss.beta) for head in zone_logits.values()]
        return torch.stack(losses).sum()

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """MAE over the validation zones of each head and of the ensemble."""
        rows = list(self._part.validation)
        reference = np.stack([self._data.samples[row].score.grid for row in rows])  # type: ignore[union-attr]
        probabilities = predict_zones(self.model, self._data, rows, self._device)
        figures = {
            f"mae_{attention}": float(np.abs(values.argmax(-1) - reference).mean())
            for attention, values in probabilities.items()
        }
        final = Attention.ENSEMBLE if Attention.ENSEMBLE in probabilities else next(iter(probabilities))
        chosen = probabilities[final]
        true_class = np.take_along_axis(chosen, reference[..., None], axis=-1)
        # The MAE of few images moves in large steps: a little cross-entropy decides between equals.
        cross_entropy = float(-np.log(true_class.clip(1e-6)).mean())
        return {"value": figures[f"mae_{final}"] + 0.1 * cross_entropy, "cross_entropy": cross_entropy, **figures}


@torch.no_grad()
def predict_zones(
    model: BSNet, data: PreparedImages, rows: Sequence[int], device: torch.device
) -> dict[Attention, npt.NDArray[np.float32]]:
    """(N, 3, 2, 4) probabilities of every head and, if there are two, of their ensemble."""
    model.eval()
    collected: dict[Attention, list[npt.NDArray[np.float32]]] = {}
    for start in range(0, len(rows), VALIDATION_BATCH):
        images = as_tensor(data.images[list(rows[start : start + VALIDATION_BATCH])], device)
        logits = model(images).zone_logits
        kinds = [*logits, Attention.ENSEMBLE] if len(logits) > 1 else [*logits]
        for kind in kinds:
            probabilities = zone_probabilities(logits, kind, model.config.temperature)
            if model.config.mirror_averaging:
                probabilities = score_mirrored_too(model, images, probabilities, kind)
            collected.setdefault(kind, []).append(probabilities.cpu().numpy())
    return {kind: np.concatenate(parts) for kind, parts in collected.items()}

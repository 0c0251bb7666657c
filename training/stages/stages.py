"""The four stages, from the part to the whole (paper 5.2): what is trainable, on which images, by which loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES, BrixiaScore
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import Attention
from bsnet_core.model.resampling import resample
from bsnet_core.model.segmentation import lung_probability
from training.configuration.run_config import AugmentationConfig, CanonicalTarget, LossConfig, Selection, StageConfig
from training.datasets.sample import OpacityReading, Sample
from training.images.augmentation import Augmentation
from training.images.canonical_alignment import canonical_alignment
from training.images.prepared_images import PreparedImages, as_tensor
from training.images.tensorboard_images import alignment_image, confusion_image, mask_image
from training.loop.one_ahead import one_ahead
from training.loop.processes import ALONE, Share
from training.loop.training_loop import Step
from training.predictions.calibration import cross_entropy
from training.predictions.frozen_features import (
    FrozenFeatures,
    SeenByHeads,
    aligned_features,
    joined,
    statistics_heads,
    zone_statistics,
)
from training.predictions.zone_predictions import (
    ZoneProbabilities,
    final_attention,
    predict_kept_logits,
    predict_zones,
    probabilities_of,
)
from training.stages.losses import dice_loss, expected_total, latent_loss, lung_loss, score_loss

VALIDATION_BATCH = 8
PICTURED = 4
"""Validation images shown in TensorBoard."""
MISALIGNMENT_SEED = 20210715
MIN_OPACITY_FIT = 10
MAX_TOTAL = 18
ZERO = BrixiaScore((0, 0, 0, 0, 0, 0))


@dataclass(frozen=True)
class Part:
    """Rows of the prepared images that a stage trains and validates on.

    Attributes:
        train, validation: With a mask or a score, as the stage needs.
        weak: "No Finding" images for training.
        opacity: Images for training with extent and opacity but no Brixia score.
    """

    train: Sequence[int]
    validation: Sequence[int]
    weak: Sequence[int] = ()
    opacity: Sequence[int] = ()


@dataclass(frozen=True)
class ScoredBatch:
    """Some films with what is known of them.

    Attributes:
        images: (N, 1, S, S).
        masks: (N, 1, S, S) of 0 and 1.
        outlined: (N,) bool, whether there is a mask.
        targets: (N, 3, 2, 4) class weights, all 0 where there is no zone score.
        totals: (N,) global score told by extent and opacity, NaN where it is not.
        frozen: Replaces images and masks where the trunk does not change.
    """

    images: Tensor
    masks: Tensor
    outlined: Tensor
    targets: Tensor
    totals: Tensor
    frozen: SeenByHeads | None = None


def shuffled_batches(
    rows: Sequence[int], batch_size: int, rng: np.random.Generator, processes: int = 1
) -> list[list[int]]:
    """The rows in random order in batches of all processes together.

    A last batch with less than two images for each process joins the one before: batch norm needs two.
    """
    order = [int(row) for row in rng.permutation(np.asarray(rows))]
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    if len(batches) > 1 and len(batches[-1]) < 2 * processes:
        last = batches.pop()
        batches[-1] += last
    return batches


def epoch_seed(seed: int, epoch: int) -> int:
    """A seed of its own for every epoch."""
    return seed * 100_003 + epoch


def image_seed(seed: int, row: int) -> int:
    """A seed of its own for every image of an epoch, whichever process draws it and whatever came before."""
    return (seed * 1_000_003 + row) % 2**32


def class_weights(sample: Sample, second_reader_weight: float, *, mirrored: bool) -> npt.NDArray[np.float32]:
    """(3, 2, 4) weight of each class in each zone: the senior's score, shared with the second reader if asked.

    A "No Finding" image counts as a weak zero in all zones; all weights are 0 where nothing is known of the zones.
    """
    if sample.score is None and not sample.no_finding:
        return np.zeros((*GRID_SHAPE, N_CLASSES), dtype=np.float32)
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
        share: Share = ALONE,
    ) -> None:
        """`data` holds the prepared images by side in pixels; the model's own side must be among them."""
        self.model, self.config, self._data, self._part = model, config, data, part
        self._augmentation, self._device, self._seed = Augmentation(augmentation), device, seed
        self._share = share

    @property
    def has_validation(self) -> bool:
        """Whether any validation image has a mask."""
        return len(self._part.validation) > 0

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

    def step_count(self, epoch: int) -> int:
        """Steps per epoch."""
        return len(self._batches(np.random.default_rng(0)))

    def _batches(self, rng: np.random.Generator) -> list[list[int]]:
        return shuffled_batches(self._part.train, self.config.batch_size, rng, self._share.count)

    def steps(self, epoch: int) -> Iterator[Step]:
        """Augmented images and masks."""
        return one_ahead(self._steps(epoch))

    def _steps(self, epoch: int) -> Iterator[Step]:
        data = self._data[self.side_of(epoch)]
        seed = epoch_seed(self._seed, epoch)
        for rows in self._batches(np.random.default_rng(seed)):
            pairs = []
            for row in self._share.of(rows):
                self._augmentation.reseed(image_seed(seed, row))
                pairs.append(self._augmentation(data.images[row], data.masks[row])[:2])
            images, masks = (np.stack(column) for column in zip(*pairs, strict=True))
            batch = as_tensor(images, self._device), as_tensor(masks, self._device)
            yield Step(batch, len(rows), self._share.weight(len(rows)))

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

    @torch.no_grad()
    def images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """Validation images with the outline found and the one drawn by hand."""
        data = self._data[self.model.config.side_px]
        rows = list(self._part.validation[:PICTURED])
        logits = self.model.segment(self.model.encode(as_tensor(data.images[rows], self._device)))
        return {"masks": mask_image(data.images[rows], (logits[:, 0] > 0).cpu().numpy(), data.masks[rows] > 0)}


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

    Only masks take part, so a pass over them is cheap: every epoch shows each mask `REPEATS` times. They are kept at no
    more than `FINER` times the side that the alignment looks at.
    """

    REPEATS = 8
    FINER = 2

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
        share: Share = ALONE,
    ) -> None:
        self.model, self.config, self._part, self._share = model, config, part, share
        self._augmentation, self._device, self._seed = augmentation, device, seed
        rows = sorted({*part.train, *part.validation})
        side = min(self.FINER * model.config.alignment_side_px, model.config.side_px)
        self._masks = {row: _made_smaller(as_tensor(data.masks[[row]], device), side) for row in rows}
        self._to_canonical = {
            row: torch.from_numpy(canonical_alignment(data.masks[row] > 0, target)).float().to(device) for row in rows
        }

    @property
    def has_validation(self) -> bool:
        """Whether any validation image has a mask."""
        return len(self._part.validation) > 0

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The alignment network alone."""
        return [{"params": list(self.model.alignment.parameters()), "lr": self.config.learning_rate}]

    def train_mode(self) -> None:
        """Only the alignment learns."""
        self.model.eval()
        self.model.alignment.train()

    def step_count(self, epoch: int) -> int:
        """Steps per epoch."""
        return self.REPEATS * len(self._batches(np.random.default_rng(0)))

    def _batches(self, rng: np.random.Generator) -> list[list[int]]:
        return shuffled_batches(self._part.train, self.config.batch_size, rng, self._share.count)

    def steps(self, epoch: int) -> Iterator[Step]:
        """Misaligned masks and canonical masks."""
        rng = np.random.default_rng(epoch_seed(self._seed, epoch))
        for _ in range(self.REPEATS):
            for rows in self._batches(rng):
                # Drawn for the whole batch, so that every process draws the same.
                flips = rng.random(len(rows)) < self._augmentation.flip_p
                misalignments = random_misalignments(len(rows), self._augmentation, rng)
                mine = self._share.of(range(len(rows)))
                batch = self._pair(self._share.of(rows), misalignments[mine], flips[mine])
                yield Step(batch, len(rows), self._share.weight(len(rows)))

    def _pair(
        self, rows: Sequence[int], misalignments: npt.NDArray[np.float32], flips: npt.NDArray[np.bool_]
    ) -> tuple[Tensor, Tensor]:
        """Misaligned masks as the alignment network sees them, and canonical masks."""
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
        realigned, _, canonical = self._realigned(list(self._part.validation))
        mean = float(np.mean(hard_dice(realigned >= 0.5, canonical >= 0.5)))
        return {"value": 1 - mean, "dice": mean}

    @torch.no_grad()
    def images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """Validation masks misaligned, re-aligned, and as they should be."""
        maps = self._realigned(list(self._part.validation[:PICTURED]))
        realigned, pooled, canonical = (tensor[:, 0].float().cpu().numpy() for tensor in maps)
        return {"alignment": alignment_image(pooled, realigned, canonical)}

    def _realigned(self, rows: list[int]) -> tuple[Tensor, Tensor, Tensor]:
        rng = np.random.default_rng(MISALIGNMENT_SEED)
        misalignments = random_misalignments(len(rows), self._augmentation, rng)
        pooled, canonical = self._pair(rows, misalignments, np.zeros(len(rows), dtype=bool))
        return resample(pooled, self.model.alignment.from_pooled(pooled)), pooled, canonical


def _made_smaller(masks: Tensor, side: int) -> Tensor:
    """(N, 1, side, side) of (N, 1, S, S) masks, their edges soft where that is smaller."""
    return masks if masks.shape[-1] == side else F.interpolate(masks, (side, side), mode="area")


@dataclass(frozen=True, slots=True)
class OpacityFit:
    """The global score as a linear function of extent and opacity."""

    extent: float
    opacity: float
    intercept: float

    @classmethod
    def over(cls, samples: Sequence[Sample]) -> OpacityFit | None:
        """Least squares over the films that have both scales; None if there are fewer than ten of them."""
        both = [sample for sample in samples if sample.score is not None and sample.opacity is not None]
        if len(both) < MIN_OPACITY_FIT:
            return None
        known = np.array([[s.opacity.extent, s.opacity.opacity, 1.0] for s in both if s.opacity])
        totals = np.array([s.score.total for s in both if s.score], dtype=np.float64)
        return cls(*(float(value) for value in np.linalg.lstsq(known, totals, rcond=None)[0]))

    def total(self, reading: OpacityReading) -> float:
        """The global score told by a reading, 0 to 18."""
        total = self.extent * reading.extent + self.opacity * reading.opacity + self.intercept
        return min(max(total, 0.0), float(MAX_TOTAL))


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
        selection: Selection = Selection.MAE,
        share: Share = ALONE,
        frozen: FrozenFeatures | None = None,
    ) -> None:
        """`frozen` holds features already worked out with the very trunk of `model`."""
        self.model, self.config, self._data, self._part, self._loss = model, config, data, part, loss
        self._selection, self._share = selection, share
        self._end_to_end, self._device, self._seed = end_to_end, device, seed
        self._augmentation = Augmentation(augmentation)
        self._frozen: FrozenFeatures | None = None
        if config.frozen_variants > 0 and not end_to_end:
            self._frozen = frozen or FrozenFeatures(
                data, augmentation, config.frozen_variants, device=device, seed=seed
            )
        if not end_to_end:
            self._standardise_statistics()
        self._uses_opacity = config.opacity_weight > 0 and len(part.opacity) > 0
        self._total_of: OpacityFit | None = None
        if self._uses_opacity:
            self._total_of = OpacityFit.over([data.samples[row] for row in part.train])

    def _standardise_statistics(self) -> None:
        """Heads that look at zone statistics take their mean and deviation from the training films, once."""
        heads = statistics_heads(self.model)
        if not heads:
            return
        found: dict[Attention, list[Tensor]] = {name: [] for name in heads}
        for statistics in self._training_statistics():
            for name, values in statistics.items():
                found[name].append(values)
        for name, head in heads.items():
            head.standardise_by(torch.cat(found[name]))

    @torch.no_grad()
    def _training_statistics(self) -> Iterator[Mapping[Attention, Tensor]]:
        """Zone statistics of the scored training films: of the variants kept, or of the films as they are."""
        self.model.eval()
        for row in self._part.train:
            if self._frozen is not None:
                for variant in range(self._frozen.variants):
                    yield self._frozen.varied(self.model, row, variant)[0].statistics
            else:
                image = as_tensor(self._data.images[[row]], self._device)
                yield zone_statistics(self.model, aligned_features(self.model, image))

    @property
    def has_validation(self) -> bool:
        """Whether any validation image has a score."""
        return len(self._part.validation) > 0

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
        if self._frozen is not None:
            # Every row drawn costs memory for its features: keep to twice as many as an epoch takes.
            weak = weak[: 2 * self.config.weak_images]
        count = min(self.config.weak_images, len(weak))
        drawn = [int(row) for row in rng.choice(np.asarray(weak), count, replace=False)] if count else []
        return [*self._part.train, *drawn, *(self._part.opacity if self._uses_opacity else ())]

    def _batches(self, epoch: int, rng: np.random.Generator) -> list[list[int]]:
        return shuffled_batches(self._rows(epoch, rng), self.config.batch_size, rng, self._share.count)

    def step_count(self, epoch: int) -> int:
        """Steps per epoch."""
        return len(self._batches(epoch, np.random.default_rng(0)))

    def steps(self, epoch: int) -> Iterator[Step]:
        """Augmented images with masks and scores; a mirrored picture has its zones exchanged."""
        seed = epoch_seed(self._seed, epoch)
        rng = np.random.default_rng(seed)
        for rows in self._batches(epoch, rng):
            mine = self._share.of(rows)
            if self._frozen is not None:
                variants = self._share.of(rng.integers(0, self._frozen.variants, len(rows)).tolist())
                batch = self._frozen_batch(mine, variants, self._frozen)
            else:
                batch = self._augmented_batch(mine, seed)
            yield Step(batch, len(rows), self._share.weight(len(rows)))

    def _augmented_batch(self, rows: Sequence[int], seed: int) -> ScoredBatch:
        images, masks, targets = [], [], []
        for row in rows:
            self._augmentation.reseed(image_seed(seed, row))
            image, mask, mirrored = self._augmentation(self._data.images[row], self._data.masks[row])
            images.append(image)
            masks.append(mask)
            targets.append(self._target(row, mirrored=mirrored))
        return ScoredBatch(
            as_tensor(np.stack(images), self._device),
            as_tensor(np.stack(masks), self._device),
            torch.tensor([bool(self._data.samples[row].masks) for row in rows], device=self._device),
            torch.from_numpy(np.stack(targets)).to(self._device),
            self._totals(rows),
        )

    def _target(self, row: int, *, mirrored: bool) -> npt.NDArray[np.float32]:
        return class_weights(self._data.samples[row], self.config.second_reader_weight, mirrored=mirrored)

    def _totals(self, rows: Sequence[int]) -> Tensor:
        totals = [float("nan")] * len(rows)
        if self._total_of is not None:
            for index, row in enumerate(rows):
                sample = self._data.samples[row]
                if sample.score is None and sample.opacity is not None:
                    totals[index] = self._total_of.total(sample.opacity)
        return torch.tensor(totals, device=self._device)

    def _frozen_batch(self, rows: Sequence[int], variants: Sequence[int], frozen: FrozenFeatures) -> ScoredBatch:
        """Aligned features of augmented images, worked out once for every row and variant."""
        found, targets = [], []
        for row, variant in zip(rows, variants, strict=True):
            features, mirrored = frozen.varied(self.model, row, variant)
            found.append(features)
            targets.append(self._target(row, mirrored=mirrored))
        nothing = torch.empty(0, device=self._device)
        weights = torch.from_numpy(np.stack(targets)).to(self._device)
        return ScoredBatch(nothing, nothing, nothing, weights, self._totals(rows), joined(found))

    def loss(self, batch: ScoredBatch) -> tuple[Tensor, Mapping[str, float]]:
        """Equation 1 summed over the heads, plus the lungs where outlined and the total where only that is told."""
        if batch.frozen is not None:
            return self._score_loss(batch.frozen.scored_by(self.model), batch)
        with torch.set_grad_enabled(self._end_to_end):
            features = self.model.encode(batch.images)
            logits = self.model.segment(features)
            probability = lung_probability(logits)
            alignment = self.model.align(probability)
        total, parts = self._score_loss(self.model.score(features, probability, alignment), batch)
        if self._end_to_end and self.config.segmentation_weight > 0 and bool(batch.outlined.any()):
            lungs = lung_loss(logits[batch.outlined], batch.masks[batch.outlined])
            parts["lung_loss"] = float(lungs.detach())
            total = total + self.config.segmentation_weight * lungs
        return total, parts

    def _score_loss(
        self, zone_logits: Mapping[Attention, Tensor], batch: ScoredBatch
    ) -> tuple[Tensor, dict[str, float]]:
        heads = zone_logits.values()
        # Films without zone scores have no class weights and add nothing; the mean goes over the others.
        counted = batch.targets.sum(dim=(1, 2, 3)) > 0
        share = len(counted) / max(int(counted.sum()), 1)
        losses = [score_loss(head, batch.targets, self._loss.alpha, self._loss.beta) * share for head in heads]
        total = torch.stack(losses).sum()
        parts = {"score_loss": float(total.detach())}
        with_latent_scores = statistics_heads(self.model)
        if with_latent_scores and self._loss.latent > 0:
            squares = [
                latent_loss(head.latent_of(zone_logits[name].float()), batch.targets) * share
                for name, head in with_latent_scores.items()
            ]
            latent = torch.stack(squares).sum()
            parts["latent_loss"] = float(latent.detach())
            total = total + self._loss.latent * latent
        told = ~torch.isnan(batch.totals)
        if self._uses_opacity and bool(told.any()):
            distances = [(expected_total(head[told]) - batch.totals[told]).abs().mean() for head in heads]
            opacity = torch.stack(distances).sum() / MAX_TOTAL
            parts["opacity_loss"] = float(opacity.detach())
            total = total + self.config.opacity_weight * opacity
        return total, parts

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """MAE over the validation zones of each head and of the ensemble.

        On a frozen trunk from kept features of half precision, so within rounding of what the whole network says.
        """
        reference = self._validation_scores()
        probabilities = self._validation_probabilities()
        figures = {
            f"mae_{attention}": float(np.abs(values.argmax(-1) - reference).mean())
            for attention, values in probabilities.items()
        }
        final = final_attention(probabilities)
        value = figures[f"mae_{final}"]
        entropy = cross_entropy(probabilities[final], reference)
        if self._selection is Selection.MAE_AND_CROSS_ENTROPY:
            # The MAE of few images moves in large steps: a little cross-entropy decides between equals.
            value += 0.1 * entropy
        return {"value": value, "cross_entropy": entropy, **figures}

    def _validation_scores(self) -> npt.NDArray[np.int_]:
        scores = [self._data.samples[row].score for row in self._part.validation]
        return np.stack([score.grid for score in scores if score is not None])

    def _validation_probabilities(self) -> dict[Attention, ZoneProbabilities]:
        rows = list(self._part.validation)
        if self._frozen is None:
            return predict_zones(self.model, self._data, rows, self._device)
        logits = predict_kept_logits(self.model, self._frozen, rows)
        return probabilities_of(logits, self.model.config.temperature)

    @torch.no_grad()
    def images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """The confusion matrix of each head, and validation images as the heads see them."""
        rows = list(self._part.validation)
        reference = self._validation_scores()
        shown = {
            f"confusion_{attention}": confusion_image(values.argmax(-1), reference)
            for attention, values in self._validation_probabilities().items()
        }
        images = as_tensor(self._data.images[rows[:PICTURED]], self._device)
        probability = lung_probability(self.model.segment(self.model.encode(images)))
        alignment = self.model.align(probability)
        maps = (images, resample(images, alignment), resample(probability, alignment))
        return shown | {"aligned": alignment_image(*(tensor[:, 0].float().cpu().numpy() for tensor in maps))}

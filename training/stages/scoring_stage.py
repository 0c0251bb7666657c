"""Stages 3 and 4: the scoring heads learn alone, then together with the rest of the network (paper 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import Attention
from bsnet_core.model.resampling import resample
from bsnet_core.model.segmentation import lung_probability
from training.configuration.sections import LossConfig, Selection
from training.images.prepared_images import as_tensor
from training.images.tensorboard_images import alignment_image, confusion_image
from training.loop.stage import Step
from training.predictions.calibration import cross_entropy
from training.predictions.frozen_features import (
    FrozenFeatures,
    aligned_features,
    statistics_heads,
    zone_statistics,
)
from training.predictions.zone_predictions import (
    ZoneProbabilities,
    final_attention,
    predict_frozen_logits,
    predict_zones,
    probabilities_of,
)
from training.stages.batches import IMAGES_SHOWN
from training.stages.losses import (
    expected_total,
    latent_loss,
    lung_loss,
    lung_score_loss,
    normal_loss,
    score_loss,
)
from training.stages.opacity_fit import MAX_TOTAL
from training.stages.scoring_batches import ScoredBatch, ScoringBatches
from training.stages.stage_context import StageContext

CROSS_ENTROPY_SHARE = 0.1
"""Weight of the cross-entropy beside the MAE, which moves in large steps on few images: it decides between equals."""


class ScoringStage:
    """Trains the scoring heads alone, or the whole network."""

    def __init__(
        self,
        model: BSNet,
        context: StageContext,
        loss: LossConfig,
        *,
        end_to_end: bool,
        selection: Selection = Selection.MAE,
        frozen: FrozenFeatures | None = None,
    ) -> None:
        """Sets up the stage.

        Args:
            model: The network, on the context's device.
            context: Rows with scores.
            loss: Weights of the loss.
            end_to_end: Whether the whole network learns, or the scoring heads alone.
            selection: Validation value to minimise.
            frozen: Features computed before with exactly this encoder, segmentation and alignment, to share them.
        """
        self.model, self.settings = model, context.settings
        self._context, self._loss, self._end_to_end, self._selection = context, loss, end_to_end, selection
        self._frozen: FrozenFeatures | None = None
        variants = context.settings.frozen_variants
        if variants > 0 and not end_to_end:
            self._frozen = frozen or FrozenFeatures(
                context.images, context.augmentation, variants, device=context.device, seed=context.seed
            )
        if not end_to_end:
            self._standardise_statistics()
        self._batches = ScoringBatches(model, context, self._frozen)

    @property
    def has_validation(self) -> bool:
        """Whether any validation image has a score."""
        return self._context.has_validation

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The heads; end to end also encoder, segmentation and alignment at their share of the rate."""
        rate = self.settings.learning_rate
        groups = [{"params": list(self.model.heads.parameters()), "lr": rate}]
        if self._end_to_end:
            others: list[nn.Module] = [self.model.encoder, self.model.segmentation, self.model.alignment]
            parameters = [parameter for module in others for parameter in module.parameters()]
            groups.insert(0, {"params": parameters, "lr": rate * self.settings.encoder_rate})
        return groups

    def train_mode(self) -> None:
        """Heads learn; batch norm elsewhere keeps its statistics unless the configuration frees it."""
        self.model.train()
        if not self._end_to_end:
            self.model.encoder.eval()
            self.model.segmentation.eval()
            self.model.alignment.eval()
        elif self.settings.freeze_batch_norm:
            for part in (self.model.encoder, self.model.segmentation):
                for module in part.modules():
                    if isinstance(module, nn.BatchNorm2d):
                        module.eval()

    def step_count(self, epoch: int) -> int:
        """Number of steps in the epoch."""
        return self._batches.step_count()

    def steps(self, epoch: int) -> Iterator[Step]:
        """Augmented images with masks and scores; the zones of a mirrored image are swapped."""
        return self._batches.steps(epoch)

    def loss(self, batch: ScoredBatch) -> tuple[Tensor, Mapping[str, float]]:
        """Equation 1 summed over the heads, plus the losses of the lungs and of the totals where they are known."""
        if batch.frozen is not None:
            return self._score_loss(batch.frozen.scored_by(self.model), batch)
        with torch.set_grad_enabled(self._end_to_end):
            features = self.model.encode(batch.images)
            logits = self.model.segment(features)
            probability = lung_probability(logits)
            alignment = self.model.align(probability)
        total, parts = self._score_loss(self.model.score(features, probability, alignment), batch)
        if self._end_to_end and self.settings.segmentation_weight > 0 and bool(batch.outlined.any()):
            lungs = lung_loss(logits[batch.outlined], batch.masks[batch.outlined])
            parts["lung_loss"] = float(lungs.detach())
            total = total + self.settings.segmentation_weight * lungs
        return total, parts

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """MAE over the validation zones of each head and of the ensemble.

        Frozen features are kept in half precision, so the figures are the whole network's within rounding.
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
            value += CROSS_ENTROPY_SHARE * entropy
        return {"value": value, "cross_entropy": entropy, **figures}

    @torch.no_grad()
    def images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """The confusion matrix of each head, and validation images as the heads see them."""
        reference = self._validation_scores()
        shown = {
            f"confusion_{attention}": confusion_image(values.argmax(-1), reference)
            for attention, values in self._validation_probabilities().items()
        }
        rows = list(self._context.rows.validation[:IMAGES_SHOWN])
        images = as_tensor(self._context.images.images[rows], self._context.device)
        probability = lung_probability(self.model.segment(self.model.encode(images)))
        alignment = self.model.align(probability)
        maps = (images, resample(images, alignment), resample(probability, alignment))
        return shown | {"aligned": alignment_image(*(tensor[:, 0].float().cpu().numpy() for tensor in maps))}

    def _standardise_statistics(self) -> None:
        """Gives heads of zone statistics the mean and standard deviation over the training images."""
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
        """Zone statistics of the scored training images: of the frozen variants, or of the images as they are."""
        self.model.eval()
        for row in self._context.rows.train:
            if self._frozen is not None:
                for variant in range(self._frozen.variants):
                    yield self._frozen.varied(self.model, row, variant)[0].statistics
            else:
                image = as_tensor(self._context.images.images[[row]], self._context.device)
                yield zone_statistics(self.model, aligned_features(self.model, image))

    def _score_loss(
        self, zone_logits: Mapping[Attention, Tensor], batch: ScoredBatch
    ) -> tuple[Tensor, dict[str, float]]:
        heads, labels = zone_logits.values(), batch.soft_labels
        # Images without zone scores have labels of 0 and add nothing; the mean is over the others.
        counted = labels.sum(dim=(1, 2, 3)) > 0
        share = len(counted) / max(int(counted.sum()), 1)
        losses = [score_loss(head, labels, self._loss.alpha, self._loss.beta) * share for head in heads]
        total = torch.stack(losses).sum()
        parts = {"score_loss": float(total.detach())}
        with_latent_scores = statistics_heads(self.model)
        if with_latent_scores and self._loss.latent > 0:
            squares = [
                latent_loss(head.latent_of(zone_logits[name].float()), labels) * share
                for name, head in with_latent_scores.items()
            ]
            latent = torch.stack(squares).sum()
            parts["latent_loss"] = float(latent.detach())
            total = total + self._loss.latent * latent
        if self.settings.normal_weight > 0 and bool(batch.is_normal.any()):
            normal = torch.stack([normal_loss(head[batch.is_normal]) for head in heads]).sum()
            parts["normal_loss"] = float(normal.detach())
            total = total + self.settings.normal_weight * normal
        with_lungs = ~torch.isnan(batch.lung_scores).any(dim=1)
        if self.settings.lung_weight > 0 and bool(with_lungs.any()):
            known_lungs = batch.lung_scores[with_lungs]
            distance = torch.stack([lung_score_loss(head[with_lungs], known_lungs) for head in heads]).sum()
            parts["lung_score_loss"] = float(distance.detach())
            total = total + self.settings.lung_weight * distance
        known = ~torch.isnan(batch.totals)
        if self._batches.use_opacity and bool(known.any()):
            distances = [(expected_total(head[known]) - batch.totals[known]).abs().mean() for head in heads]
            opacity = torch.stack(distances).sum() / MAX_TOTAL
            parts["opacity_loss"] = float(opacity.detach())
            total = total + self.settings.opacity_weight * opacity
        return total, parts

    def _validation_scores(self) -> npt.NDArray[np.int_]:
        samples = self._context.images.samples
        scores = [samples[row].score for row in self._context.rows.validation]
        return np.stack([score.grid for score in scores if score is not None])

    def _validation_probabilities(self) -> dict[Attention, ZoneProbabilities]:
        context, rows = self._context, list(self._context.rows.validation)
        if self._frozen is None:
            return predict_zones(self.model, context.images, rows, context.device)
        logits = predict_frozen_logits(self.model, self._frozen, rows)
        return probabilities_of(logits, self.model.config.temperature)

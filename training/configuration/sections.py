"""The sections of a run's configuration, each a frozen dataclass whose defaults are the paper's values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bsnet_core.language import translate as _
from training.datasets.sources import SourceConfig


class StageName(StrEnum):
    """The stages, from the part to the whole (paper 5.2)."""

    SEGMENTATION = "segmentation"
    SEVERITY = "severity"
    """Not the paper's, and optional: the encoder learns from other hospitals' labels."""
    ALIGNMENT = "alignment"
    SCORING = "scoring"
    END_TO_END = "end-to-end"


class CanonicalTarget(StrEnum):
    """The canonical pose that the alignment learns to reach."""

    AXIS_FILLED = "upright-filled"
    """The true mask, its principal axis made vertical, cropped to its bounding box and stretched to the frame."""
    CENTRES_FILLED = "centres-filled"
    """As before, but made vertical by the line through the centres of the two lungs, which varies less."""
    HALVES_SPREAD = "halves-spread"
    """Made vertical by the line through the centres of the left and the right half, which works for lungs that touch,
    in a frame of a fixed number of standard deviations around their centre (`bsnet_core.model.lung_pose`)."""
    ORIGINAL = "original"
    """The mask before the synthetic misalignment (paper 5.1)."""


class Precision(StrEnum):
    """Arithmetic of the training steps; validation is always done in float32."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    """Mixed precision: half the memory and, on processors that support it, about twice the speed."""


class Selection(StrEnum):
    """The validation value by which the scoring stages keep their best weights and halve the learning rate."""

    MAE = "mae"
    """The mean absolute error over the zones (paper 5.3)."""
    MAE_AND_CROSS_ENTROPY = "mae-and-cross-entropy"
    """The mean absolute error plus a tenth of the cross-entropy, which decides between epochs of equal error."""


class Schedule(StrEnum):
    """The way in which the learning rate falls."""

    PLATEAU = "plateau"
    """Halved when the validation value stops improving (paper 5.3)."""
    COSINE = "cosine"
    """Along half a cosine to 0 after the last epoch; for runs without validation images."""


@dataclass(frozen=True, slots=True)
class DataConfig:
    """The images, and how their patients are divided.

    Attributes:
        sources: The data sets; folders are relative to the configuration file.
        cache: Folder for preprocessed images; relative to the configuration file.
        exclude: File names of images to leave out, such as those that cannot be loaded.
        join_patients: Groups of patient identifiers that are one person, because they share an image. `bsnet-train
            prepare` finds them; a split never divides a group.
        validation_share, test_share: Shares of the scored patients, and of the others with a mask. Patients in a
            publisher's test part are always in the test part.
        split_seed: Seed of the division.
        trunk_without_scored: Whether the trunk (encoder, segmentation and alignment) learns from the masks of patients
            without a score only. It then knows no test patient of any fold of a cross-validation, and the masks of the
            scored patients measure it.
        keep_apart: Whether the severity stage leaves out the patients that measure every model (`kept_apart`).
    """

    sources: tuple[SourceConfig, ...]
    cache: Path
    exclude: tuple[str, ...] = ()
    join_patients: tuple[tuple[str, ...], ...] = ()
    validation_share: float = 0.15
    test_share: float = 0.25
    split_seed: int = 0
    trunk_without_scored: bool = False
    keep_apart: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "exclude", tuple(self.exclude))
        object.__setattr__(self, "join_patients", tuple(tuple(group) for group in self.join_patients))
        joined = [patient for group in self.join_patients for patient in group]
        if len(joined) != len(set(joined)):
            raise ValueError(_("data: join_patients names a patient twice"))
        if not self.sources:
            raise ValueError(_("data: name at least one [[data.sources]]"))
        if min(self.validation_share, self.test_share) < 0 or self.validation_share + self.test_share >= 1:
            raise ValueError(_("data: validation_share and test_share leave nothing to train on"))


@dataclass(frozen=True, slots=True)
class AugmentationConfig:
    """Random transforms of the training images (Table 2 of the paper).

    Attributes:
        rotation_deg: Largest rotation in degrees, either way.
        scale: Largest change of width and height, as a share.
        shift: Largest shift, as a share of the side.
        affine_p: Probability of each of these three.
        elastic_alpha, elastic_sigma: Strength and smoothness in pixels of the elastic transform.
        grid_steps, grid_limit: Cells on each side, and largest distortion of a cell, of the grid distortion.
        optical_limit: Largest distortion of the optical distortion.
        distortion_p: Probability of each of these three distortions.
        brightness, contrast: Largest change, as a share.
        brightness_contrast_p: Probability of a change of both.
        flip_p: Probability of mirroring the image.
    """

    rotation_deg: float = 25.0
    scale: float = 0.10
    shift: float = 0.10
    affine_p: float = 0.8
    elastic_alpha: float = 60.0
    elastic_sigma: float = 12.0
    grid_steps: int = 5
    grid_limit: float = 0.3
    optical_limit: float = 0.2
    distortion_p: float = 0.2
    brightness: float = 0.2
    contrast: float = 0.2
    brightness_contrast_p: float = 0.5
    flip_p: float = 0.5

    def __post_init__(self) -> None:
        for name in ("affine_p", "distortion_p", "brightness_contrast_p", "flip_p"):
            _check_range("augmentation." + name, getattr(self, name), 0, 1)


@dataclass(frozen=True, slots=True)
class LossConfig:
    """The loss of the scoring heads.

    Attributes:
        alpha: Share of the cross-entropy; the differentiable MAE has the rest (paper Eq. 1).
        beta: Sharpness of the soft arg-max of the differentiable MAE (paper Eq. 2).
        latent: Weight of the squared distance between latent and true score, for heads of zone statistics. It keeps
            the latent score linear where the classes alone do not, as the global score needs. Not in the paper.
    """

    alpha: float = 0.7
    beta: float = 20.0
    latent: float = 0.0

    def __post_init__(self) -> None:
        _check_range("loss.alpha", self.alpha, 0, 1)


@dataclass(frozen=True, slots=True)
class StageConfig:
    """The settings of one stage.

    Attributes:
        epochs: Number of passes over the training images.
        batch_size: Images per step, of all processes together.
        learning_rate: Initial rate of Adam.
        schedule: The way in which the rate falls.
        plateau_epochs: Epochs without a better validation value that are tolerated; one more halves the rate.
        weight_decay: L2 weight decay of Adam.
        sides_px: (side, epochs) pairs for training on smaller images first (in the severity stage: views); empty means
            the network's own side.
            The epochs must add up to `epochs`.
        segmentation_weight: Weight of the segmentation loss in the end-to-end stage.
        normal_images: Number of normal images drawn for every epoch of the scoring stages.
        normal_weight: Weight of the loss on these: what their expected zone scores exceed a 0 by.
        lung_images: Number of images with extent and opacity of each lung, but no Brixia score, drawn for every epoch
            of the scoring stages.
        lung_weight: Weight of the loss on these: the distance of a lung's mean expected score from a linear fit on
            its extent and opacity.
        second_reader_weight: Weight of the second radiologist's score in the soft labels, 0 to 0.5.
        encoder_rate: Learning rate of encoder, segmentation and alignment as a share of the heads', where they learn.
        frozen_variants: Number of augmented variants of every image whose aligned features are kept in memory while
            only the scoring heads learn, which makes an epoch cheap; 0 augments and encodes images in every epoch.
        average_decay: Decay per step of the running average of the weights, which is what is validated and kept;
            0 validates and keeps the weights themselves.
        freeze_batch_norm: Whether the end-to-end stage keeps the batch-norm statistics of encoder and segmentation.
        opacity_weight: Weight of an auxiliary loss in the scoring stages, on images with extent and opacity scores but
            no Brixia score: the distance of the expected global score from a linear fit on these; 0 leaves them out.
    """

    epochs: int
    batch_size: int = 8
    learning_rate: float = 1e-3
    schedule: Schedule = Schedule.PLATEAU
    plateau_epochs: int = 5
    weight_decay: float = 0.0
    sides_px: tuple[tuple[int, int], ...] = ()
    segmentation_weight: float = 0.0
    normal_images: int = 0
    normal_weight: float = 0.0
    lung_images: int = 0
    lung_weight: float = 0.0
    second_reader_weight: float = 0.0
    encoder_rate: float = 1.0
    frozen_variants: int = 0
    average_decay: float = 0.0
    freeze_batch_norm: bool = True
    opacity_weight: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "schedule", Schedule(self.schedule))
        object.__setattr__(self, "sides_px", tuple((int(side), int(count)) for side, count in self.sides_px))
        _check_count("epochs", self.epochs)
        _check_count("batch_size", self.batch_size)
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(_("learning_rate: {value!r} is not a positive number").format(value=self.learning_rate))
        _check_range("second_reader_weight", self.second_reader_weight, 0, 0.5)
        if self.sides_px and sum(count for _side, count in self.sides_px) != self.epochs:
            raise ValueError(_("sides_px: the epochs of all sides must add up to the stage's epochs"))


def _check_count(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(_("{name}: {value!r} is not a whole number of 1 or more").format(name=name, value=value))


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(
            _("{name}: {value!r} is not {low} to {high}").format(name=name, value=value, low=low, high=high)
        )

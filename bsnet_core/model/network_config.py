"""The configuration of a model: everything needed to build it and to prepare its input."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bsnet_core.frames import Aspect


class Attention(StrEnum):
    """The effect of the lung mask on the aligned features (paper 5.1, 6.3)."""

    HARD = "ha"
    SOFT = "sa"
    ENSEMBLE = "ens"


class SegmentationDecoder(StrEnum):
    """Decoder of the segmentation branch (paper Table 4)."""

    UNET_PLUS_PLUS = "unet++"
    UNET = "unet"


class HeadVariant(StrEnum):
    """Scoring heads of the paper (Table 10), and one of our own."""

    FPN = "fpn"
    BACKBONE = "backbone"
    BIFPN = "bifpn"
    STATISTICS = "statistics"
    """Mean and standard deviation of every channel over the zone, and a linear rule; for small scored sets. Not the
    paper's."""


class AlignmentStart(StrEnum):
    """The alignment that the alignment network starts from and corrects."""

    IDENTITY = "identity"
    """The unaligned image (paper 5.1): the network finds the whole pose."""
    CLOSED_FORM = "closed-form"
    """The lungs' pose in closed form, corrected if the image's edge cuts them. Not the paper's."""


class Architecture(StrEnum):
    """The whole network or the all-in-one baseline of Table 5."""

    BSNET = "bsnet"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class BSNetConfig:
    """The numbers that define a model. The defaults are the paper's (section 5).

    Attributes:
        architecture: BS-Net or the baseline without segmentation and alignment.
        encoder: Name of a segmentation-models-pytorch encoder, shared by segmentation and scoring.
        decoder: Segmentation decoder.
        decoder_channels: Decoder widths from coarse to fine.
        attentions: Scoring heads the model carries, HARD and/or SOFT; two make the ensemble possible.
        head: Scoring-head variant.
        levels: Feature levels used by the scoring head, four, or five for 1024 px input.
        head_channels: Width of the BiFPN; the FPN takes the encoder's own widths.
        zone_channels: Filters of each zone's classifier.
        shared_classifier: One classifier for all zones instead of one each; for small scored sets.
        class_spread: Standard deviation of a class in the statistics head, in units of the Brixia score: the
            larger, the more probability neighbouring classes share.
        side_px: Side of the square input.
        aspect: How images that are not square are fitted.
        alignment_side_px: Side the lung probability is pooled to before the alignment network.
        alignment_start: The alignment that the alignment network corrects.
        mirror_averaging: Average the probabilities with those of the mirrored image, zones exchanged back; takes
            a second pass. Not the paper's.
        temperature: Divisor of the logits before softmax, fitted for calibration; 1 changes nothing.
        common_error: Error that all zones of a radiograph share, for the interval of the global score
            (`global_distribution`), as cross-validation found it; None without the measurement, and no interval then.
    """

    architecture: Architecture = Architecture.BSNET
    encoder: str = "resnet18"
    decoder: SegmentationDecoder = SegmentationDecoder.UNET_PLUS_PLUS
    decoder_channels: tuple[int, ...] = (256, 128, 64, 32, 16)
    attentions: tuple[Attention, ...] = (Attention.HARD, Attention.SOFT)
    head: HeadVariant = HeadVariant.FPN
    levels: int = 4
    head_channels: int = 64
    zone_channels: int = 8
    shared_classifier: bool = False
    class_spread: float = 0.7
    side_px: int = 512
    aspect: Aspect = Aspect.STRETCH
    alignment_side_px: int = 128
    alignment_start: AlignmentStart = AlignmentStart.IDENTITY
    mirror_averaging: bool = False
    temperature: float = 1.0
    common_error: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "architecture", Architecture(self.architecture))
        object.__setattr__(self, "decoder", SegmentationDecoder(self.decoder))
        object.__setattr__(self, "head", HeadVariant(self.head))
        object.__setattr__(self, "alignment_start", AlignmentStart(self.alignment_start))
        object.__setattr__(self, "aspect", Aspect(self.aspect))
        object.__setattr__(self, "decoder_channels", tuple(int(width) for width in self.decoder_channels))
        object.__setattr__(self, "attentions", tuple(Attention(name) for name in self.attentions))
        if self.levels not in (4, 5):
            raise ValueError(f"The scoring head uses four or five levels, got {self.levels}.")
        if self.side_px < 64 or self.side_px % 32:
            raise ValueError(f"side_px must be a multiple of 32 and at least 64, got {self.side_px}.")
        if self.alignment_side_px % 4 or self.side_px % self.alignment_side_px:
            raise ValueError(
                f"alignment_side_px must divide side_px and be a multiple of 4, got {self.alignment_side_px}."
            )
        distinct = len(set(self.attentions)) == len(self.attentions)
        if not self.attentions or Attention.ENSEMBLE in self.attentions or not distinct:
            raise ValueError(f"attentions names the heads 'ha' and/or 'sa', each once; got {self.attentions}.")
        if len(self.decoder_channels) != 5:
            raise ValueError(f"decoder_channels has five widths, got {self.decoder_channels}.")
        if self.class_spread <= 0:
            raise ValueError(f"class_spread must be positive, got {self.class_spread}.")
        if self.head is HeadVariant.STATISTICS and self.levels != 4:
            raise ValueError("The statistics head looks at the encoder's four levels.")
        if self.temperature <= 0:
            raise ValueError(f"temperature must be positive, got {self.temperature}.")
        if self.common_error is not None and not 0 <= self.common_error < math.inf:
            raise ValueError(f"common_error must not be negative, got {self.common_error}.")

    def heads_of(self, attention: Attention) -> tuple[Attention, ...]:
        """The heads that answer for an attention: itself, or all for the ensemble."""
        return self.attentions if attention is Attention.ENSEMBLE else (attention,)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BSNetConfig:
        """From plain JSON values.

        Raises:
            ValueError: a name this version does not know, or a value out of range.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"Unknown model setting: {', '.join(unknown)}.")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` gives the same configuration back."""
        return {
            field.name: list(value) if isinstance(value := getattr(self, field.name), tuple) else value
            for field in dataclasses.fields(self)
        }

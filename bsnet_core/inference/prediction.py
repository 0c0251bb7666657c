"""The network's result for one radiograph: frozen data on the CPU, readable without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bsnet_core.backends import TORCH
from bsnet_core.brixia import N_CLASSES, ZONES, BrixiaScore, Zone
from bsnet_core.frames import Frames
from bsnet_core.inference.content_findings import ContentFinding
from bsnet_core.inference.global_interval import global_interval
from bsnet_core.inference.lung_fragments import without_fragments
from bsnet_core.model.network_config import Attention


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The weights that gave a result."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Prediction:
    """The network's result for one radiograph. Arrays are read-only and live on the CPU.

    Attributes:
        frames: Maps between image, network and aligned frame.
        network_image: (S, S) float32 in [0, 1], the preprocessed image that the network saw.
        lung_probability: (S, S) float32 in [0, 1], network frame.
        aligned_image: (S, S) float32 in [0, 1], the network image in the aligned frame.
        aligned_lung_probability: (S, S) float32 in [0, 1], aligned frame.
        zone_probabilities: (3, 2, 4) float32, rows upper to lower, column 0 = A B C; sums to 1 over classes.
        attention: The head that gave the probabilities, or the ensemble.
        model: Name, version and hash of the weights.
        device: The device it ran on, such as "cpu" or "cuda".
        seconds: Wall-clock seconds per step.
        quality: Notes for the reader, empty if nothing looks wrong.
        backend: The backend that computed it: "torch", "openvino" or "openvino-int8".
        content: Findings of the content check; their sentences are among the quality notes.
        repairs: What was done to the image on request before (`Radiograph.repairs`).
        common_error: The model's, for the interval of the global score; None if it was not measured.
    """

    frames: Frames
    network_image: npt.NDArray[np.float32]
    lung_probability: npt.NDArray[np.float32]
    aligned_image: npt.NDArray[np.float32]
    aligned_lung_probability: npt.NDArray[np.float32]
    zone_probabilities: npt.NDArray[np.float32]
    attention: Attention
    model: ModelIdentity
    device: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    quality: tuple[str, ...] = ()
    backend: str = TORCH
    content: tuple[ContentFinding, ...] = ()
    repairs: tuple[str, ...] = ()
    common_error: float | None = None

    @cached_property
    def score(self) -> BrixiaScore:
        """The class of highest probability in each zone."""
        return BrixiaScore.from_grid(self.zone_probabilities.argmax(axis=-1))

    def probabilities_of(self, zone: Zone) -> npt.NDArray[np.float32]:
        """(4,) class probabilities of one zone."""
        return self.zone_probabilities[zone.row, zone.column]

    def confidence_of(self, zone: Zone) -> float:
        """Probability of the zone's predicted class, in [0, 1]."""
        return float(self.probabilities_of(zone).max())

    def expected_value_of(self, zone: Zone) -> float:
        """Mean of the zone's class under its probabilities, 0 to 3."""
        return float(self.probabilities_of(zone) @ np.arange(N_CLASSES))

    @cached_property
    def interval(self) -> tuple[int, int] | None:
        """Lowest and highest global score of the interval that holds the radiologist's in nine of ten radiographs.

        None if cross-validation has not measured it for the model.
        """
        if self.common_error is None:
            return None
        low, high = global_interval(self.zone_probabilities, self.common_error)
        return int(low), int(high)

    @property
    def expected_total(self) -> float:
        """Sum of the expected values, 0 to 18."""
        return sum(self.expected_value_of(zone) for zone in ZONES)

    @cached_property
    def outlined_lungs(self) -> npt.NDArray[np.float32]:
        """(S, S) in [0, 1], network frame: the lung probability, 0 in pieces that are no lungs."""
        return without_fragments(self.lung_probability)[0]

    @cached_property
    def lung_mask(self) -> npt.NDArray[np.bool_]:
        """(height, width) bool on the original pixel grid: where `outlined_lungs` is at least 0.5."""
        mask = np.asarray(self.frames.network_map_to_image(self.outlined_lungs)) >= 0.5
        mask.setflags(write=False)
        return mask

    @property
    def mask_area_fraction(self) -> float:
        """Share of the image covered by the lung mask, in [0, 1]."""
        left, top, width, height = self.frames.box
        inside = self.lung_probability[top : top + height, left : left + width]
        return float((inside >= 0.5).mean())


@dataclass(frozen=True)
class LungsFound:
    """Lungs and alignment of one radiograph, known before the score.

    Attributes:
        frames: Maps between the frames, with the alignment.
        lung_probability: (S, S) float32 in [0, 1], network frame; read-only.
    """

    frames: Frames
    lung_probability: npt.NDArray[np.float32]

    @cached_property
    def outlined_lungs(self) -> npt.NDArray[np.float32]:
        """As of a `Prediction`."""
        return without_fragments(self.lung_probability)[0]

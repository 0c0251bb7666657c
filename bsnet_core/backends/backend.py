"""The interface of a backend, which computes the network for `Predictor`, and torch as the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from bsnet_core.backends import TORCH
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import Attention
from bsnet_core.model.segmentation import lung_probability


@dataclass(frozen=True, slots=True)
class SeenLungs:
    """The result of the first step, all in the network frame.

    Attributes:
        features: The encoder's feature maps, finest first; the last four feed the scoring heads.
        lung_probability: (N, 1, S, S) float32 in [0, 1].
    """

    features: Sequence[Tensor]
    lung_probability: Tensor


class Backend(Protocol):
    """The network in three steps, so that work can report and stop between them."""

    @property
    def name(self) -> str:
        """One of `bsnet_core.backends.BACKEND_CHOICES`, never "auto"."""

    def find_lungs(self, images: Tensor) -> SeenLungs:
        """Args: images: (N, 1, S, S) float32 in [0, 1]."""

    def align(self, probability: Tensor) -> Tensor:
        """(N, 2, 3) alignment of (N, 1, S, S) lung probabilities."""

    def score(self, lungs: SeenLungs, alignment: Tensor, heads: Sequence[Attention]) -> dict[Attention, Tensor]:
        """Logits of the heads, (N, 3, 2, 4) each."""


class TorchBackend:
    """The reference: the model as it is, on its own device and in its own memory layout."""

    name = TORCH

    def __init__(self, model: BSNet) -> None:
        self._model = model

    def find_lungs(self, images: Tensor) -> SeenLungs:
        """See `Backend`."""
        features = self._model.encode(images)
        return SeenLungs(features, lung_probability(self._model.segment(features)))

    def align(self, probability: Tensor) -> Tensor:
        """See `Backend`."""
        return self._model.align(probability)

    def score(self, lungs: SeenLungs, alignment: Tensor, heads: Sequence[Attention]) -> dict[Attention, Tensor]:
        """See `Backend`."""
        return self._model.score(lungs.features, lungs.lung_probability, alignment, heads)

"""The response of one image, or of its mirror image, to masking: contributions of super-pixels, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bsnet_core.explanation.fast.approximations import Approximations, Lungs
from bsnet_core.explanation.fast.first_order import FirstOrder, first_order
from bsnet_core.explanation.fast.gradients import pull_back
from bsnet_core.explanation.fast.local_layers import Convolution, channels_last, in_precision
from bsnet_core.explanation.fast.traced_network import TracedNetwork
from bsnet_core.explanation.fast.window_places import Boxes, mirrored
from bsnet_core.explanation.fast.windowed_network import Change, PlacedGradients, WindowedNetwork
from bsnet_core.explanation.fast.zone_statistics import ZoneStatistics
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.network_config import Attention, HeadVariant
from bsnet_core.model.segmentation import lung_probability

CUT_STRIDE = 16
"""Windows are cut in layers of at least this stride: before, they are small."""
HALF_STRIDE = 8
"""Layers of at least this stride are computed in half precision; before, rounding would cost more than it saves."""


class MaskingResponse:
    """The response of one image, or of its mirror image, to masking: keeps everything that masking does not change."""

    def __init__(
        self,
        model: BSNet,
        traced: TracedNetwork,
        attention: Attention,
        image: npt.NDArray[np.float32],
        approximations: Approximations,
        *,
        is_mirrored: bool,
    ) -> None:
        """Analyses the unmasked image.

        Args:
            model: On the CPU, in evaluation mode.
            traced: The model's encoder and segmentation in layers.
            attention: Head, or the ensemble.
            image: (S, S) float32, the network image, not mirrored.
            approximations: The approximations in use.
            is_mirrored: Whether to look at the mirror image.
        """
        self._model, self._approximations, self._mirrored = model, approximations, is_mirrored
        self._attention, self._side = attention, image.shape[0]
        self._levels, self._logits = traced.levels, traced.logits
        self._half = approximations.half_precision and _knows_bfloat16()
        self._precision = torch.bfloat16 if self._half else torch.float32
        # The segmentation; the encoder's features stay in full precision, for statistics and gradients.
        self._network = traced.network.in_half_precision(first=max(self._levels) + 1) if self._half else traced.network
        self._path = traced.lung_path.in_half_precision() if self._half else traced.lung_path
        batch = torch.tensor(image)[None, None]
        batch = (batch.flip(-1) if is_mirrored else batch).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            self._values = self._network.values(batch)
            self._probability = lung_probability(self._values[self._logits])
            self._alignment = model.align(self._probability)
        self._base = np.empty(0, dtype=np.float32)
        self._heads: FirstOrder | None = None
        self._statistics: ZoneStatistics | None = None
        self._effects: Mapping[int, PlacedGradients] = {}
        self._prepare()

    @torch.no_grad()
    def _prepare(self) -> None:
        """Computes what the approximations need, once before the first contribution."""
        levels = [self._values[index] for index in self._levels]
        tails: Mapping[int, PlacedGradients] = {}
        if self._approximations.linear_heads:
            self._heads = first_order(self._model, levels, self._probability, self._alignment, self._attention)
            direct = dict(zip(self._levels, self._heads.levels, strict=True))
            through = self._through_lungs_gradients(self._heads)
            both = direct | {index: direct[index] + gradient for index, gradient in through.items()}
            if self._approximations.lungs is not Lungs.RECOMPUTED and self._approximations.tolerance > 0:
                self._tail_weights, tails = self._tails(both)
            self._statistics = self._zone_statistics()
            counted = through if self._statistics is not None else both
            self._effects = self._placed(counted)
        else:
            self._base = self._grid(self._probabilities(levels, self._probability, self._alignment))
        network, values = self._network, self._values
        if self._half and self._approximations.lungs is not Lungs.RECOMPUTED:
            network = network.in_half_precision(first := self._first_in_half())
            values = network.values_again(values, first, max(self._levels) + 1)
        self._windows = WindowedNetwork(network, values, tails, self._approximations.tolerance)

    def contributions(self, patches: Sequence[npt.NDArray[np.float32]], boxes: Boxes) -> npt.NDArray[np.float32]:
        """(B, 3, 2, 4) changes of the probabilities by B patches (1, h, w) of the unmirrored image, each alone."""
        if self._mirrored:
            boxes = mirrored(boxes, self._side)
            patches = [patch[..., ::-1] for patch in patches]
        recomputes = self._approximations.lungs is Lungs.RECOMPUTED
        with torch.no_grad():
            requested = [*self._levels, self._logits] if recomputes else self._levels
            changes, tails = self._windows.change(patches, boxes, requested)
            if self._heads is None:
                return self._recomputed(changes, len(boxes))
            total = torch.zeros(len(boxes), len(self._heads.alignment))
            if tails is not None:
                total = total + tails @ self._tail_weights.T
            by_tails = total
            if self._statistics is not None and (seen := {k: changes[k] for k in self._levels if k in changes}):
                total = total + self._statistics.changes_of_latent_scores(seen, len(boxes))
            through = torch.zeros_like(total)
            for index in changes.keys() & self._effects.keys():
                through = through + changes[index].effect(self._effects[index])
            if recomputes and self._logits in changes:
                through = through + self._through_lungs(self._heads, changes[self._logits])
            total = total + through
            if self._statistics is not None:
                for index in self._not_trusted(through):
                    total[index] = by_tails[index] + self._with_lungs(self._statistics, changes, index)
            return self._grid(self._heads.changes_of(total))

    def _not_trusted(self, through: Tensor) -> list[int]:
        """The super-pixels whose (B, K) first-order effect through the lungs is too large to be trusted."""
        limit = self._approximations.trusted_lungs
        if limit is None or self._approximations.lungs is not Lungs.FIRST_ORDER:
            return []
        return torch.nonzero(through.abs().amax(dim=1) > limit).flatten().tolist()

    def _with_lungs(self, statistics: ZoneStatistics, changes: Mapping[int, Change], number: int) -> Tensor:
        """(K,) changes of the latent scores of one of the changed images, lungs and alignment recomputed."""
        levels = self._changed_levels(changes, number)
        logits = self._values[self._logits].float() + self._logits_along_path(levels) - self._unchanged_path
        probability = lung_probability(logits)
        return statistics.changes_with_lungs(levels, probability, self._model.align(probability))

    def _logits_along_path(self, levels: Sequence[Tensor]) -> Tensor:
        return self._path.logits(dict(zip(self._levels, levels, strict=True)), self._beside)

    @cached_property
    def _beside(self) -> list[Tensor | None]:
        """The constant inputs of the lung path."""
        return self._path.beside(self._values)

    @cached_property
    def _unchanged_path(self) -> Tensor:
        """The image's own lung logits in the rounding of the lung path."""
        return self._logits_along_path([self._values[index] for index in self._levels])

    def _zone_statistics(self) -> ZoneStatistics | None:
        """The zone statistics, if the heads use those."""
        if self._model.config.head is not HeadVariant.STATISTICS:
            return None
        heads = self._model.config.heads_of(self._attention)
        levels = {index: self._values[index] for index in self._levels}
        return ZoneStatistics(self._model, heads, levels, self._probability, self._alignment)

    def _through_lungs_gradients(self, heads: FirstOrder) -> dict[int, Tensor]:
        """By level (K, C, h, w): gradients through segmentation and alignment, with first-order lungs; else none."""
        if self._approximations.lungs is not Lungs.FIRST_ORDER:
            return {}
        rows = heads.through_probability(self._model, self._probability)
        weights = _leading(rows.flatten(1), self._approximations.directions)
        directions = torch.einsum("kr,khw->rhw", weights, rows)
        seeds = (directions * self._probability[0] * (1 - self._probability[0]))[:, None]
        return {
            index: torch.einsum("kr,rchw->kchw", weights, gradient)
            for index, gradient in self._through_segmentation(seeds).items()
        }

    def _through_segmentation(self, seeds: Tensor) -> dict[int, Tensor]:
        """By level (r, C, h, w), from gradients (r, 1, S, S) with respect to the lung logits."""
        if not self._approximations.lung_path:
            return self._pulled_back({self._logits: seeds}, self._levels, end=max(self._levels))
        found = self._path.gradients(self._values, channels_last(in_precision(seeds, self._precision)))
        return {index: gradient.float() for index, gradient in found.items()}

    def _pulled_back(self, seeds: Mapping[int, Tensor], layers: Sequence[int], end: int = -1) -> dict[int, Tensor]:
        """As `pull_back`, in half precision if this is in use."""
        network = self._network.in_half_precision() if self._half else self._network
        seeds = {index: channels_last(in_precision(seed, self._precision)) for index, seed in seeds.items()}
        found = pull_back(network, self._values, seeds, layers, end)
        return {index: gradient.float() for index, gradient in found.items()}

    def _tails(self, gradients: Mapping[int, Tensor]) -> tuple[Tensor, dict[int, PlacedGradients]]:
        """Gradients with respect to the layers where windows are cut.

        Args:
            gradients: By level (K, C, h, w), with respect to the encoder's features.

        Returns:
            Weights (K, r) of r directions, and by layer the gradients along these.
        """
        layers = self._network.layers
        read = {source for layer in layers if isinstance(layer, Convolution) for source in layer.sources}
        cut = [
            index
            for index in sorted(read)
            if index < max(self._levels)
            and self._values[index].shape[2] * CUT_STRIDE <= self._side
            and not (isinstance(layer := layers[index], Convolution) and layer.activation is not None)
        ]
        if not cut:
            return torch.zeros(len(gradients[self._levels[0]]), 0), {}
        later = {index: gradient for index, gradient in gradients.items() if index >= min(cut)}
        scaled = [gradient.flatten(1) * float(self._values[index].std()) for index, gradient in later.items()]
        weights = _leading(torch.cat(scaled, dim=1), self._approximations.tail_directions)
        seeds = {index: torch.einsum("kr,kchw->rchw", weights, gradient) for index, gradient in later.items()}
        return weights, self._placed(self._pulled_back(seeds, cut))

    def _placed(self, gradients: Mapping[int, Tensor]) -> dict[int, PlacedGradients]:
        return {index: PlacedGradients(gradient, self._precision) for index, gradient in gradients.items()}

    def _first_in_half(self) -> int:
        """The first layer of the stride from which half precision is enough."""
        return next(index for index, value in enumerate(self._values) if value.shape[2] * HALF_STRIDE <= self._side)

    def _through_lungs(self, heads: FirstOrder, change: Change) -> Tensor:
        """(B, K) effect of recomputed lungs, the alignment recomputed too."""
        effects = []
        for index in range(len(change.difference)):
            probability = self._changed_probability(change, index)
            alignment = self._model.align(probability) - self._alignment
            direct = torch.tensordot(heads.probability, (probability - self._probability)[0, 0], dims=2)
            effects.append(direct + heads.alignment @ alignment.flatten())
        return torch.stack(effects)

    def _changed_probability(self, change: Change, index: int) -> Tensor:
        logits = self._values[self._logits].clone()
        rows, columns = change.places.slices(index)
        logits[0, :, rows, columns] += change.difference[index]
        return lung_probability(logits)

    def _changed(self, changes: Mapping[int, Change], number: int) -> tuple[list[Tensor], Tensor, Tensor]:
        """Levels, lung probability and alignment of one of the changed images."""
        levels = self._changed_levels(changes, number)
        if self._logits not in changes:
            return levels, self._probability, self._alignment
        probability = self._changed_probability(changes[self._logits], number)
        return levels, probability, self._model.align(probability)

    def _changed_levels(self, changes: Mapping[int, Change], number: int) -> list[Tensor]:
        levels = []
        for index in self._levels:
            level = self._values[index]
            if index in changes:
                level = level.clone()
                rows, columns = changes[index].places.slices(number)
                level[0, :, rows, columns] += changes[index].difference[number]
            levels.append(level)
        return levels

    def _recomputed(self, changes: Mapping[int, Change], count: int) -> npt.NDArray[np.float32]:
        """(B, 3, 2, 4) by running the heads on every changed image."""
        found = [self._grid(self._probabilities(*self._changed(changes, number))) for number in range(count)]
        return np.concatenate(found) - self._base

    def _probabilities(self, levels: Sequence[Tensor], probability: Tensor, alignment: Tensor) -> Tensor:
        """(1, 3, 2, 4) in the orientation of this response."""
        heads = self._model.config.heads_of(self._attention)
        logits = self._model.score(levels, probability, alignment, heads)
        return zone_probabilities(logits, self._attention, self._model.config.temperature)

    def _grid(self, grids: Tensor) -> npt.NDArray[np.float32]:
        """(B, 3, 2, 4), left and right lung of a mirrored image exchanged back."""
        return np.array((grids.flip(2) if self._mirrored else grids).cpu().numpy(), dtype=np.float32)


def _leading(flat: Tensor, count: int) -> Tensor:
    """(K, r) the leading left singular vectors of K rows."""
    return torch.linalg.eigh(flat @ flat.T).eigenvectors[:, -count:]


def _knows_bfloat16() -> bool:
    """Whether the processor computes in bfloat16; on others it would be slower, not faster."""
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))

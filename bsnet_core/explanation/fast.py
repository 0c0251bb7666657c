"""The same map in a fraction of the time, by short cuts whose cost in fidelity is measured (docs/explanations.md).

- Super-pixels come by an exact reformulation of quickshift.
- The encoder is recomputed on the changed windows only (`windows`), several super-pixels at once. In its deep layers
  the windows are cut where the change falls below a share of a layer's standard deviation; what is cut off counts to
  first order.
- What lies behind the encoder counts to first order: the scoring heads (`first_order`), and lung segmentation and
  alignment by their leading directions (`gradients`).

A network that is not local (squeeze-and-excitation, the baseline) and a network on a GPU run whole instead, in
batches; then only the super-pixels are faster, and the values are exact.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from bsnet_core.explanation.exact import batch_size, masked
from bsnet_core.explanation.first_order import FirstOrder, as_grid, first_order
from bsnet_core.explanation.gradients import pull_back
from bsnet_core.explanation.local_network import Box, Convolution, LocalNetwork, NotLocalError
from bsnet_core.explanation.progress import Growing, most_promising_first, touching_lungs
from bsnet_core.explanation.result import Explanation, Mode, OnPartial, no_partial
from bsnet_core.explanation.superpixels import superpixels_of
from bsnet_core.explanation.windows import Change, WindowedNetwork
from bsnet_core.language import translate as _
from bsnet_core.model.backbone import STRIDES
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.config import Attention
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.prediction import Prediction, Predictor
from bsnet_core.progress import Report, no_report

BATCH = 8
"""Super-pixels whose windows are recomputed together: enough to spread the cost of a step, and they fit the cache."""
CUT_STRIDE = 16
"""Windows are cut in layers of this stride and over: before them they are small by themselves."""


class Lungs(StrEnum):
    """What becomes of lung mask and alignment while a super-pixel is masked."""

    RECOMPUTED = "recomputed"
    FIRST_ORDER = "first-order"
    FROZEN = "frozen"
    """As in the unmasked picture."""


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """Which short cuts are taken; all off gives the exact map.

    Attributes:
        linear_heads: Whether the scoring heads' answer is taken to first order; else `lungs` is RECOMPUTED or FROZEN.
        lungs: What becomes of mask and alignment.
        directions: With lungs to first order, along how many directions of the lung probability's gradients.
        tolerance: Changes of the encoder's deep layers up to this share of their standard deviation count to first
            order; takes effect with lungs to first order or frozen, as the gradients must lead all the way back.
        lungs_only_margin_px: Only super-pixels within so many network pixels of the lung mask; all if None.
    """

    linear_heads: bool = True
    lungs: Lungs = Lungs.FIRST_ORDER
    directions: int = 4
    tolerance: float = 0.5
    lungs_only_margin_px: int | None = None

    def __post_init__(self) -> None:
        if self.lungs is Lungs.FIRST_ORDER and not self.linear_heads:
            raise ValueError("Lungs to first order need heads to first order.")


DEFAULT = Shortcuts()
NONE = Shortcuts(linear_heads=False, lungs=Lungs.RECOMPUTED, tolerance=0.0)


def explain_fast(
    predictor: Predictor,
    prediction: Prediction,
    report: Report = no_report,
    on_partial: OnPartial = no_partial,
    shortcuts: Shortcuts = DEFAULT,
    superpixels: npt.NDArray[np.int32] | None = None,
    only: npt.NDArray[np.intp] | None = None,
) -> Explanation:
    """Every super-pixel set to zero in turn, only what changes computed; the most promising ones first.

    Args:
        predictor: The predictor that gave `prediction`.
        prediction: Of the picture to explain.
        report: Told the share of super-pixels done before each; may raise `Cancelled`.
        on_partial: Given the map as it grows.
        shortcuts: Which short cuts are taken.
        superpixels: (S, S) labels 0..N-1 of another partition; quickshift if None.
        only: Super-pixels to mask; all if None.

    Raises:
        Cancelled: `report` asked to stop.
    """
    start = time.perf_counter()
    report(_("Dividing the picture into super-pixels"), 0.0)
    image = prediction.network_image
    labels = superpixels_of(image) if superpixels is None else np.array(superpixels, dtype=np.int32)
    order = most_promising_first(labels, prediction)
    if only is not None:
        order = order[np.isin(order, only)]
    if shortcuts.lungs_only_margin_px is not None:
        near = touching_lungs(labels, prediction, shortcuts.lungs_only_margin_px)
        order = order[np.isin(order, near)]
    model = predictor.model
    network = _network_of(predictor) if predictor.device.type == "cpu" else None
    if network is None or not isinstance(model, BSNet):
        base = predictor.zone_probabilities(image[None])[0]
        growing = Growing(prediction, labels, base, Mode.FAST, start, report, on_partial)
        for chosen in growing.batches(order, batch_size(predictor)):
            growing.add(chosen, predictor.zone_probabilities(masked(image, labels, chosen)) - base)
    else:
        report(_("Looking at the whole picture"), 0.0)
        mirrored = (False, True) if predictor.card.config.mirror_averaging else (False,)
        places = _boxes_of(labels)
        with _side_by_side(len(mirrored)) as run:
            views = run(
                lambda flip: _View(predictor, model, network, image, shortcuts, mirrored=flip),
                mirrored,
            )
            base = np.mean([view.base[0] for view in views], axis=0)
            growing = Growing(prediction, labels, base, Mode.FAST, start, report, on_partial)
            for chosen in growing.batches(order, BATCH):
                boxes = [places[index] for index in chosen]
                patches = [_masked_patch(image, labels, int(index), places[index]) for index in chosen]
                growing.add(chosen, np.mean(run(lambda view: view.contributions(patches, boxes), views), axis=0))
    report(_("Done"), 1.0)
    return growing.so_far()


@contextmanager
def _side_by_side(count: int) -> Iterator[_Run]:
    """Runs a function on several things at once, each in a thread with its share of the processor's cores.

    Two views side by side use two cores better than two cores share the many small steps of one view.
    """
    threads = torch.get_num_threads()
    if count == 1 or threads == 1:
        yield lambda function, things: [function(thing) for thing in things]
        return
    with ThreadPoolExecutor(count, "explanation", torch.set_num_threads, (max(1, threads // count),)) as pool:
        try:
            yield lambda function, things: list(pool.map(function, things))
        finally:
            # Threads made from now on would take over the share of those in the pool.
            torch.set_num_threads(threads)


class _Run(Protocol):
    def __call__(self, function: Callable[[Any], Any], things: Sequence[Any], /) -> list[Any]: ...


class _Trunk(nn.Module):
    """Encoder and segmentation: the encoder's features and the lung logits."""

    def __init__(self, model: BSNet) -> None:
        super().__init__()
        self.encoder, self.segmentation = model.encoder, model.segmentation

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        features = self.encoder(image)
        return (*features[1:], self.segmentation(features))


_networks: WeakKeyDictionary[nn.Module, LocalNetwork] = WeakKeyDictionary()


def _network_of(predictor: Predictor) -> LocalNetwork | None:
    """The layers of the predictor's trunk, traced once; None where the network has to run whole."""
    model = predictor.model
    if not isinstance(model, BSNet):
        return None
    if model not in _networks:
        side = model.config.side_px
        example = torch.zeros(1, 1, side, side, device=predictor.device)
        try:
            network = LocalNetwork(_Trunk(model).eval(), example)
        except NotLocalError:
            return None
        _networks[model] = network
    return _networks[model]


class _View:
    """The picture, or its mirror image, as the network sees it: everything kept that masking does not change."""

    def __init__(
        self,
        predictor: Predictor,
        model: BSNet,
        network: LocalNetwork,
        image: npt.NDArray[np.float32],
        shortcuts: Shortcuts,
        *,
        mirrored: bool,
    ) -> None:
        self._model, self._shortcuts, self._mirrored = model, shortcuts, mirrored
        self._attention, self._side = predictor.attention, image.shape[0]
        self._network = network
        self._features, self._logits = network.outputs[:-1], network.outputs[-1]
        self._levels = self._features[-len(STRIDES) :]
        picture = torch.tensor(image, device=predictor.device)[None, None]
        picture = (picture.flip(-1) if mirrored else picture).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            self._values = network.values(picture)
            self._probability = lung_probability(self._values[self._logits])
            self._alignment = model.align(self._probability)
            levels = [self._values[index] for index in self._levels]
            self.base = self._grid(self._probabilities(levels, self._probability, self._alignment))
            tails: Mapping[int, Tensor] = {}
            self._effects: Mapping[int, Tensor] = {}
            self._heads: FirstOrder | None = None
            if shortcuts.linear_heads:
                self._heads = first_order(model, levels, self._probability, self._alignment, self._attention)
                self._effects = self._feature_gradients(self._heads)
                if shortcuts.lungs is not Lungs.RECOMPUTED and shortcuts.tolerance > 0:
                    tails = self._tails()
            self._windows = WindowedNetwork(network, self._values, tails, shortcuts.tolerance)

    def contributions(self, patches: Sequence[Tensor], boxes: Sequence[Box]) -> npt.NDArray[np.float32]:
        """(B, 3, 2, 4): what each of B patches (1, h, w) of the unmirrored picture changes, alone in its box."""
        if self._mirrored:
            boxes = [box.mirrored(self._side) for box in boxes]
            patches = [patch.flip(-1) for patch in patches]
        wanted = list(self._levels if self._heads is None else self._effects)
        recomputes = self._shortcuts.lungs is Lungs.RECOMPUTED
        with torch.no_grad():
            changes, effects = self._windows.change(patches, boxes, [*wanted, self._logits] if recomputes else wanted)
            if self._heads is None:
                return self._recomputed(changes, len(boxes))
            total = torch.zeros(len(boxes), len(self._heads.alignment)) if effects is None else effects
            for index in changes.keys() & self._effects.keys():
                total = total + changes[index].effect(self._effects[index])
            if recomputes and self._logits in changes:
                total = total + self._through_lungs(self._heads, changes[self._logits])
            return self._grid(as_grid(total))

    def _feature_gradients(self, heads: FirstOrder) -> dict[int, Tensor]:
        """By encoder layer (18, C, h, w): gradients through heads, segmentation and alignment, as the short cuts ask."""
        gradients = dict(zip(self._levels, heads.levels, strict=True))
        if self._shortcuts.lungs is Lungs.FIRST_ORDER:
            rows = heads.through_probability(self._model, self._probability)
            weights, directions = _leading(rows, self._shortcuts.directions)
            seeds = (directions * self._probability[0] * (1 - self._probability[0]))[:, None]
            through = pull_back(
                self._network, self._values, {self._logits: seeds}, self._features, end=max(self._features)
            )
            for index, gradient in through.items():
                whole = torch.einsum("kr,rchw->kchw", weights, gradient)
                gradients[index] = gradients[index] + whole if index in gradients else whole
        return {index: gradient.contiguous(memory_format=torch.channels_last) for index, gradient in gradients.items()}

    def _tails(self) -> dict[int, Tensor]:
        """By layer where windows are cut (18, C, h, w): gradients through all that lies behind it."""
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
            return {}
        found = pull_back(self._network, self._values, self._effects, cut)
        return {index: gradient.contiguous(memory_format=torch.channels_last) for index, gradient in found.items()}

    def _through_lungs(self, heads: FirstOrder, change: Change) -> Tensor:
        """(B, 18) effect of recomputed lungs, the alignment recomputed too."""
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

    def _recomputed(self, changes: Mapping[int, Change], count: int) -> npt.NDArray[np.float32]:
        """(B, 3, 2, 4) by running the heads on all that changed."""
        results = []
        for number in range(count):
            levels = []
            for index in self._levels:
                level = self._values[index]
                if index in changes:
                    level = level.clone()
                    rows, columns = changes[index].places.slices(number)
                    level[0, :, rows, columns] += changes[index].difference[number]
                levels.append(level)
            probability, alignment = self._probability, self._alignment
            if self._logits in changes:
                probability = self._changed_probability(changes[self._logits], number)
                alignment = self._model.align(probability)
            results.append(self._grid(self._probabilities(levels, probability, alignment))[0] - self.base[0])
        return np.stack(results)

    def _probabilities(self, levels: Sequence[Tensor], probability: Tensor, alignment: Tensor) -> Tensor:
        """(1, 3, 2, 4) as this view sees the zones."""
        heads = None if self._attention is Attention.ENSEMBLE else [self._attention]
        logits = self._model.score(levels, probability, alignment, heads)
        return zone_probabilities(logits, self._attention, self._model.config.temperature)

    def _grid(self, grids: Tensor) -> npt.NDArray[np.float32]:
        """(B, 3, 2, 4): the mirrored picture's right lung counts for the left one."""
        return np.array((grids.flip(2) if self._mirrored else grids).cpu().numpy(), dtype=np.float32)


def _leading(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """(K, S, S) maps as weights (K, r) of their r leading directions (r, S, S)."""
    flat = rows.flatten(1)
    basis = torch.linalg.eigh(flat @ flat.T).eigenvectors[:, -count:]
    return basis, (basis.T @ flat).view(-1, *rows.shape[1:])


def _boxes_of(labels: npt.NDArray[np.int32]) -> list[Box]:
    """The box around every super-pixel."""
    boxes = []
    for index in range(int(labels.max()) + 1):
        inside = labels == index
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        boxes.append(Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1))
    return boxes


def _masked_patch(image: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], index: int, box: Box) -> Tensor:
    """(1, h, w): the picture within a super-pixel's box, the super-pixel set to zero."""
    place = slice(box.top, box.bottom), slice(box.left, box.right)
    return torch.from_numpy(np.where(labels[place] == index, np.float32(0), image[place]))[None]

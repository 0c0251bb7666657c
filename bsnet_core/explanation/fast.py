"""The same map in a fraction of the time, by short cuts whose cost in fidelity is measured (docs/explanations.md).

- Super-pixels come by an exact reformulation of quickshift.
- The encoder and the lung segmentation are recomputed on the changed windows only (`windows`), cut where the change
  falls below a share of a layer's standard deviation.
- In the mirrored picture the lungs are not segmented anew: they change as in the picture itself.
- The scoring heads' answer is taken to first order (`first_order`).

Mask and alignment are recomputed for every super-pixel: keeping those of the unmasked picture would be the largest
saving, and changes the map too much. A network that is not local (squeeze-and-excitation, the baseline) and a network
on a GPU run whole instead, in batches; then only the super-pixels are faster, and the values are exact.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from bsnet_core.explanation.exact import batch_size, masked
from bsnet_core.explanation.first_order import FirstOrder, as_grid, first_order
from bsnet_core.explanation.progress import Growing, most_promising_first, touching_lungs
from bsnet_core.explanation.result import Explanation, Mode, OnPartial, no_partial
from bsnet_core.explanation.superpixels import superpixels_of
from bsnet_core.explanation.windows import Box, NetworkPlan, NotLocalError, WindowedNetwork
from bsnet_core.language import translate as _
from bsnet_core.model.backbone import STRIDES
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.config import Attention
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.prediction import Prediction, Predictor
from bsnet_core.progress import Report, no_report

LEVELS = len(STRIDES)


class Lungs(StrEnum):
    """What becomes of lung mask and alignment while a super-pixel is masked."""

    RECOMPUTED = "recomputed"
    """In the picture and in its mirror image."""
    MIRRORED = "mirrored"
    """In the picture; the mirror image takes the same change, mirrored."""
    FROZEN = "frozen"
    """As in the unmasked picture."""


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """Which short cuts are taken; all off gives the exact map.

    Attributes:
        tolerance: Changes of the encoder's layers up to this share of their standard deviation count as none.
        lung_tolerance: The same for the layers of the segmentation.
        lungs: What becomes of mask and alignment.
        linear_heads: Whether the scoring heads' answer is taken to first order.
        lungs_only_margin_px: Only super-pixels within so many network pixels of the lung mask; all if None.
    """

    tolerance: float = 0.05
    lung_tolerance: float = 0.1
    lungs: Lungs = Lungs.MIRRORED
    linear_heads: bool = True
    lungs_only_margin_px: int | None = None


DEFAULT = Shortcuts()
NONE = Shortcuts(tolerance=0.0, lung_tolerance=0.0, lungs=Lungs.RECOMPUTED, linear_heads=False)


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
    plan = _plan_of(predictor) if predictor.device.type == "cpu" else None
    if plan is None or not isinstance(predictor.model, BSNet):
        base = predictor.zone_probabilities(image[None])[0]
        growing = Growing(prediction, labels, base, Mode.FAST, start, report, on_partial)
        for chosen in growing.batches(order, batch_size(predictor)):
            growing.add(chosen, predictor.zone_probabilities(masked(image, labels, chosen)) - base)
    else:
        report(_("Looking at the whole picture"), 0.0)
        views = [_View(predictor, predictor.model, plan, image, shortcuts, mirrored=False)]
        if predictor.card.config.mirror_averaging:
            report(_("Looking at the mirrored picture"), 0.0)
            views.append(_View(predictor, predictor.model, plan, image, shortcuts, mirrored=True))
        base = np.mean([view.base for view in views], axis=0)
        growing = Growing(prediction, labels, base, Mode.FAST, start, report, on_partial)
        places = _boxes_of(labels)
        for chosen in growing.batches(order, 1):
            index = int(chosen[0])
            patch = _masked_patch(image, labels, index, places[index])
            growing.add(chosen, _contribution(views, patch, places[index])[None])
    report(_("Done"), 1.0)
    return growing.so_far()


class _Trunk(nn.Module):
    """Encoder and segmentation: the four feature levels and the lung logits."""

    def __init__(self, model: BSNet) -> None:
        super().__init__()
        self.encoder, self.segmentation = model.encoder, model.segmentation

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        features = self.encoder(image)
        return (*features[-LEVELS:], self.segmentation(features))


_plans: WeakKeyDictionary[nn.Module, NetworkPlan] = WeakKeyDictionary()


def _plan_of(predictor: Predictor) -> NetworkPlan | None:
    """The plan of the predictor's network, made once; None where the network has to run whole."""
    model = predictor.model
    if not isinstance(model, BSNet):
        return None
    if model not in _plans:
        side = model.config.side_px
        example = torch.zeros(1, 1, side, side, device=predictor.device)
        try:
            plan = NetworkPlan(_Trunk(model).eval(), example)
        except NotLocalError:
            return None
        _plans[model] = plan
    return _plans[model]


class _View:
    """The picture, or its mirror image, as the network sees it: everything kept that masking does not change."""

    def __init__(
        self,
        predictor: Predictor,
        model: BSNet,
        plan: NetworkPlan,
        image: npt.NDArray[np.float32],
        shortcuts: Shortcuts,
        *,
        mirrored: bool,
    ) -> None:
        self._model, self._shortcuts, self.mirrored = model, shortcuts, mirrored
        self._attention, self._side = predictor.attention, image.shape[0]
        picture = torch.tensor(image, device=predictor.device)[None, None]
        picture = (picture.flip(-1) if mirrored else picture).contiguous(memory_format=torch.channels_last)
        self._network: WindowedNetwork = plan.of(picture)
        with torch.no_grad():
            *levels, logits = (value.clone() for value in self._network.base)
            self._levels: Sequence[Tensor] = levels
            self._probability = lung_probability(logits)
            self._alignment = model.align(self._probability)
            self.base = self._whole(levels, self._probability, self._alignment)
            self._first_order: FirstOrder | None = None
            if shortcuts.linear_heads:
                self._first_order = first_order(model, levels, self._probability, self._alignment, self._attention)

    def contribution(
        self, patch: Tensor, box: Box, lungs: tuple[Tensor, Box] | None, *, segment: bool
    ) -> tuple[npt.NDArray[np.float32], tuple[Tensor, Box] | None]:
        """What a patch changes.

        Args:
            patch: (1, 1, h, w) new values of this view.
            box: Where.
            lungs: Change of the lung probability (h, w) and where, where it is known already.
            segment: Whether to compute it here instead.

        Returns:
            (3, 2, 4) changes of the probabilities, and the change of the lung probability.
        """
        tolerances = [self._shortcuts.tolerance] * LEVELS + [self._shortcuts.lung_tolerance]
        changed = self._network.change(patch, box, tolerances, None if segment else LEVELS)
        if segment:
            logits, where = changed[LEVELS]
            lungs = None
            if where is not None:
                lungs = (lung_probability(logits[where.slices]) - self._probability[where.slices])[0, 0], where
        probability, alignment = self._probability, self._alignment
        if lungs is not None:
            probability = probability.clone()
            probability[lungs[1].slices] += lungs[0]
            probability.clamp_(0, 1)
            alignment = self._model.align(probability)
        if self._first_order is None:
            now = self._whole([level for level, _ in changed[:LEVELS]], probability, alignment)
            return now - self.base, lungs
        effects = self._first_order.of_alignment((alignment - self._alignment)[0])
        for index, (level, where) in enumerate(changed[:LEVELS]):
            if where is not None:
                change = level[where.slices] - self._levels[index][where.slices]
                effects = effects + self._first_order.of_features(index, change[0], where)
        if lungs is not None:
            effects = effects + self._first_order.of_lungs(*lungs)
        return self._as_seen_unmirrored(as_grid(effects)), lungs

    def _whole(self, levels: Sequence[Tensor], probability: Tensor, alignment: Tensor) -> npt.NDArray[np.float32]:
        heads = None if self._attention is Attention.ENSEMBLE else [self._attention]
        logits = self._model.score(levels, probability, alignment, heads)
        return self._as_seen_unmirrored(zone_probabilities(logits, self._attention, self._model.config.temperature)[0])

    def _as_seen_unmirrored(self, grid: Tensor) -> npt.NDArray[np.float32]:
        """(3, 2, 4): the mirrored picture's right lung counts for the left one."""
        return np.array((grid.flip(1) if self.mirrored else grid).cpu().numpy(), dtype=np.float32)


def _contribution(views: Sequence[_View], patch: Tensor, box: Box) -> npt.NDArray[np.float32]:
    """(3, 2, 4) mean of the views' changes for one masked super-pixel."""
    shortcuts, lungs = views[0]._shortcuts, None
    side = views[0]._side
    changes = []
    with torch.inference_mode():
        for view in views:
            place, values = (box.mirrored(side), patch.flip(-1)) if view.mirrored else (box, patch)
            if view.mirrored and lungs is not None:
                lungs = lungs[0].flip(-1), lungs[1].mirrored(side)
            segment = shortcuts.lungs is Lungs.RECOMPUTED or (shortcuts.lungs is Lungs.MIRRORED and not view.mirrored)
            change, lungs = view.contribution(values, place, lungs, segment=segment)
            changes.append(change)
    return np.mean(changes, axis=0)


def _boxes_of(labels: npt.NDArray[np.int32]) -> list[Box]:
    """The box around every super-pixel."""
    boxes = []
    for index in range(int(labels.max()) + 1):
        inside = labels == index
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        boxes.append(Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1))
    return boxes


def _masked_patch(image: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], index: int, box: Box) -> Tensor:
    """(1, 1, h, w): the picture within a super-pixel's box, the super-pixel set to zero."""
    place = slice(box.top, box.bottom), slice(box.left, box.right)
    return torch.from_numpy(np.where(labels[place] == index, np.float32(0), image[place]))[None, None]

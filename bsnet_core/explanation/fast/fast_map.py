"""The same map in a fraction of the time, by short cuts whose cost in fidelity is measured (docs/explanations.md).

- Super-pixels come by an exact reformulation of quickshift.
- The encoder is recomputed on the changed windows only (`windows`), several super-pixels at once. In its deep layers
  the windows are cut where the change falls below a share of a layer's standard deviation; what is cut off counts to
  first order.
- Heads of zone statistics are worked out from the changed features (`zone_statistics`), other heads count to first
  order (`first_order`); so do lung segmentation and alignment, along the decoder's main path (`lung_path`), but where
  they do much they are recomputed along it.
- Layers from stride 8 on and the segmentation are computed in bfloat16 where the processor knows it.

A network that is not local (squeeze-and-excitation, the baseline) and a network on a GPU run whole instead, in
batches; then only the super-pixels are faster, and the values are exact.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from bsnet_core.explanation.exact import batch_size, masked
from bsnet_core.explanation.fast.approximations import DEFAULT, NONE, Approximations, Lungs
from bsnet_core.explanation.fast.places import Boxes
from bsnet_core.explanation.fast.traced_view import View, trunk_of
from bsnet_core.explanation.growing_map import Growing, most_promising_first, touching_lungs
from bsnet_core.explanation.result import Explanation, Mode, OnPartial, no_partial
from bsnet_core.explanation.superpixels import superpixels_of
from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet
from bsnet_core.prediction import Prediction, Predictor
from bsnet_core.progress import Report, no_report

__all__ = ["DEFAULT", "NONE", "Approximations", "Lungs", "explain_fast"]

_Result = TypeVar("_Result")

BATCH = 24
"""Super-pixels whose windows are recomputed together: enough to spread the cost of a step, and they fit the cache."""
ALIKE_BATCHES = 4
"""Super-pixels are sorted within so many batches, the first batch apart."""


def explain_fast(
    predictor: Predictor,
    prediction: Prediction,
    report: Report = no_report,
    on_partial: OnPartial = no_partial,
    approximations: Approximations = DEFAULT,
    superpixels: npt.NDArray[np.int32] | None = None,
    only: npt.NDArray[np.intp] | None = None,
) -> Explanation:
    """Every super-pixel set to zero in turn, only what changes computed; the most promising ones first.

    Args:
        predictor: The predictor that gave `prediction`.
        prediction: Of the picture to explain.
        report: Told the share of super-pixels done before each; may raise `Cancelled`.
        on_partial: Given the map as it grows.
        approximations: Which short cuts are taken.
        superpixels: (S, S) labels 0..N-1 of another partition; quickshift if None.
        only: Super-pixels to mask; all if None.

    Raises:
        Cancelled: `report` asked to stop.
    """
    start = time.perf_counter()
    model, image = predictor.model, prediction.network_image

    def divided() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
        report(_("Dividing the picture into super-pixels"), 0.0)
        labels = superpixels_of(image) if superpixels is None else np.array(superpixels, dtype=np.int32)
        order = most_promising_first(labels, prediction)
        if only is not None:
            order = order[np.isin(order, only)]
        if approximations.lungs_only_margin_px is not None:
            near = touching_lungs(labels, prediction, approximations.lungs_only_margin_px)
            order = order[np.isin(order, near)]
        return labels, order

    trunk = trunk_of(predictor) if predictor.device.type == "cpu" else None
    if trunk is None or not isinstance(model, BSNet):
        labels, order = divided()
        base = predictor.reference_probabilities(image[None])[0]
        growing = Growing(prediction, labels, base, Mode.FAST, start, report, on_partial)
        for chosen in growing.batches(order, batch_size(predictor)):
            growing.add(chosen, predictor.reference_probabilities(masked(image, labels, chosen)) - base)
    else:
        flips = (False, True) if predictor.card.config.mirror_averaging else (False,)
        looks = [partial(View, predictor, model, trunk, image, approximations, flip) for flip in flips]
        with _SideBySide(len(flips)) as sides:
            looking = sides.run(looks, [()])
            labels, order = divided()
            places = _boxes_of(labels)
            order = _alike_together(order, image, labels, places)
            batches = [
                ([_masked_patch(image, labels, index, places[index]) for index in chosen], places[chosen])
                for chosen in _parts(order, BATCH)
            ]
            report(_("Looking at the whole picture"), 0.0)
            found = sides.run([view.contributions for view in next(looking)], batches)
            growing = Growing(prediction, labels, prediction.zone_probabilities, Mode.FAST, start, report, on_partial)
            for chosen in growing.batches(order, BATCH):
                growing.add(chosen, np.mean(next(found), axis=0))
    report(_("Done"), 1.0)
    return growing.so_far()


class _SideBySide:
    """Views side by side, each in a thread of its own with its share of the processor's cores.

    Two views side by side use two cores better than two cores share the many small steps of one view.
    """

    def __init__(self, count: int) -> None:
        self._threads = torch.get_num_threads()
        share = max(1, self._threads // count)
        self._sides = [
            ThreadPoolExecutor(1, "explanation", torch.set_num_threads, (share,))
            for _side in range(count if min(count, self._threads) > 1 else 0)
        ]

    def __enter__(self) -> _SideBySide:
        return self

    def __exit__(self, *_of_error: object) -> None:
        for side in self._sides:
            side.shutdown(wait=False, cancel_futures=True)
        for side in self._sides:
            side.shutdown()
        # Threads made from now on would take over the share of those above.
        torch.set_num_threads(self._threads)

    def run(
        self, functions: Sequence[Callable[..., _Result]], batches: Sequence[tuple[Any, ...]]
    ) -> Iterator[list[_Result]]:
        """Of every batch what the functions give of it, as it is asked for.

        On its side each function goes ahead at once, without waiting for the others or to be asked.
        """
        if not self._sides:
            return ([function(*batch) for function in functions] for batch in batches)
        going = [
            [side.submit(function, *batch) for batch in batches]
            for side, function in zip(self._sides, functions, strict=True)
        ]
        return ([future.result() for future in done] for done in zip(*going, strict=True))


def _alike_together(
    order: npt.NDArray[np.intp], image: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], boxes: Boxes
) -> npt.NDArray[np.intp]:
    """The order; behind its first batch, super-pixels that need windows of about one size beside each other.

    The windows of a batch are all as large as its largest one needs, and how far masking reaches hangs on how much it
    takes away: within every few batches super-pixels are sorted by that, and pairs of batches by their boxes' form. The
    first batch is what is shown first, and holds the most promising super-pixels whatever their size.
    """
    taken_away = np.bincount(labels.ravel(), weights=image.ravel())
    form = (boxes[:, 1] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 2])
    arranged = [order[:BATCH]]
    for few in _parts(order[BATCH:], ALIKE_BATCHES * BATCH):
        by_reach = few[np.argsort(taken_away[few], kind="stable")]
        arranged += [pair[np.argsort(form[pair], kind="stable")] for pair in _parts(by_reach, 2 * BATCH)]
    return np.concatenate(arranged)


def _parts(order: npt.NDArray[np.intp], size: int) -> list[npt.NDArray[np.intp]]:
    return [order[first : first + size] for first in range(0, len(order), size)]


def _boxes_of(labels: npt.NDArray[np.int32]) -> Boxes:
    """(N, 4), the box around every super-pixel."""
    boxes = []
    for index in range(int(labels.max()) + 1):
        inside = labels == index
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        boxes.append((rows[0], rows[-1] + 1, columns[0], columns[-1] + 1))
    return np.array(boxes, dtype=np.intp)


def _masked_patch(
    image: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], index: np.intp, box: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """(1, h, w): the picture within a super-pixel's box, the super-pixel set to zero."""
    top, bottom, left, right = box
    place = slice(top, bottom), slice(left, right)
    return np.where(labels[place] == index, np.float32(0), image[place])[None]

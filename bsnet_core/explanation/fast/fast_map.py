"""The fast explanation map: nearly the exact one in a fraction of the time, by the approximations of this folder.

A network that is not local (squeeze-and-excitation, the baseline) and a network on a GPU run whole instead, in
batches; then only the super-pixels are found faster, and the values are exact.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from bsnet_core.explanation.fast.approximations import DEFAULT, Approximations, Lungs
from bsnet_core.explanation.fast.masking_response import MaskingResponse
from bsnet_core.explanation.fast.side_by_side import SideBySide
from bsnet_core.explanation.fast.superpixel_batches import BATCH, alike_together, boxes_of, masked_batches
from bsnet_core.explanation.fast.traced_network import traced_network_of
from bsnet_core.explanation.maps.filling import divided, filling_of
from bsnet_core.explanation.maps.growing_map import GrowingMap, most_promising_first, touching_lungs
from bsnet_core.explanation.maps.masking import mask_in_whole_network, scorer_of
from bsnet_core.explanation.maps.result import Explanation, Masking, Mode, OnPartial, no_partial
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet
from bsnet_core.progress import Report, no_report


def explain_fast(
    predictor: Predictor,
    prediction: Prediction,
    report: Report = no_report,
    on_partial: OnPartial = no_partial,
    approximations: Approximations = DEFAULT,
    superpixels: npt.NDArray[np.int32] | None = None,
    only: npt.NDArray[np.intp] | None = None,
    masking: Masking = Masking.BLACK,
) -> Explanation:
    """Masks every super-pixel in turn, the most promising ones first, and computes only what changes.

    Args:
        predictor: The predictor that gave `prediction`.
        prediction: The prediction to explain.
        report: Told the share of super-pixels done before each batch; may raise `Cancelled`.
        on_partial: Given the map as it grows.
        approximations: The approximations in use.
        superpixels: (S, S) labels 0..N-1 of another partition; quickshift if None.
        only: Super-pixels to mask; all if None.
        masking: What takes their place, and whether lungs and alignment stay; not EVIDENCE.

    Raises:
        Cancelled: `report` asked to stop.
        ValueError: evidence is not found by masking images.
    """
    if masking is Masking.EVIDENCE:
        raise ValueError("Evidence is not found by masking images.")
    start = time.perf_counter()
    if masking.holds_lungs:
        approximations = replace(approximations, lungs=Lungs.FROZEN)
    image = prediction.network_image

    def divide() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
        report(_("Dividing the image into regions"), 0.0)
        labels = divided(image, masking) if superpixels is None else np.array(superpixels, dtype=np.int32)
        order = most_promising_first(labels, prediction, only)
        if approximations.lungs_only_margin_px is not None:
            near = touching_lungs(labels, prediction, approximations.lungs_only_margin_px)
            order = order[np.isin(order, near)]
        return labels, order

    def grow(labels: npt.NDArray[np.int32], base: npt.NDArray[np.float32]) -> GrowingMap:
        return GrowingMap(prediction, labels, base, Mode.FAST, start, report, on_partial, masking)

    responses = _responses(predictor, image, approximations)
    if responses:
        growing = _by_windows(prediction, responses, divide, grow, report, masking)
    else:
        labels, order = divide()
        score = scorer_of(predictor, image, masking)
        growing = grow(labels, score(image[None])[0])
        mask_in_whole_network(growing, predictor, image, labels, order, score, masking)
    report(_("Done"), 1.0)
    return growing.so_far()


def _responses(
    predictor: Predictor, image: npt.NDArray[np.float32], approximations: Approximations
) -> list[Callable[[], MaskingResponse]]:
    """Prepares the response of the image, and of its mirror image if the model averages both; none if run whole."""
    model = predictor.model
    if not isinstance(model, BSNet) or predictor.device.type != "cpu":
        return []
    traced = traced_network_of(model)
    if traced is None:
        return []
    flips = (False, True) if model.config.mirror_averaging else (False,)
    return [
        partial(MaskingResponse, model, traced, predictor.attention, image, approximations, is_mirrored=flip)
        for flip in flips
    ]


def _by_windows(
    prediction: Prediction,
    responses: Sequence[Callable[[], MaskingResponse]],
    divide: Callable[[], tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]],
    grow: Callable[[npt.NDArray[np.int32], npt.NDArray[np.float32]], GrowingMap],
    report: Report,
    masking: Masking,
) -> GrowingMap:
    """Grows the map by the mean of the responses."""
    image = prediction.network_image
    with SideBySide(len(responses)) as sides:
        preparing = sides.run(responses, [()])  # goes ahead while the image is divided
        labels, order = divide()
        boxes = boxes_of(labels)
        order = alike_together(order, image, labels, boxes)
        batches = masked_batches(order, image, labels, boxes, filling_of(image, labels, masking))
        report(_("Analysing the whole image"), 0.0)
        contributions = sides.run([response.contributions for response in next(preparing)], batches)
        growing = grow(labels, prediction.zone_probabilities)
        for chosen in growing.batches(order, BATCH):
            growing.add(chosen, np.mean(next(contributions), axis=0))
    return growing

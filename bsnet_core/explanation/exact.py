"""The paper's map without a short cut (5.4, Eq. 4)."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from bsnet_core.explanation.growing_map import Growing, most_promising_first
from bsnet_core.explanation.result import Explanation, Mode, OnPartial, no_partial
from bsnet_core.explanation.superpixels import reference_superpixels_of
from bsnet_core.language import translate as _
from bsnet_core.prediction import Prediction, Predictor
from bsnet_core.progress import Report, no_report

GPU_BATCH = 16


def batch_size(predictor: Predictor) -> int:
    """Pictures per pass: on a CPU one at a time is fastest; a GPU wants many."""
    return 1 if predictor.device.type == "cpu" else GPU_BATCH


def masked(
    image: npt.NDArray[np.float32], superpixels: npt.NDArray[np.int32], chosen: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """(M, S, S): replicas of a picture, each with one super-pixel set to zero."""
    return np.where(superpixels[None] == chosen[:, None, None], np.float32(0), image[None])


def explain_exactly(
    predictor: Predictor,
    prediction: Prediction,
    report: Report = no_report,
    on_partial: OnPartial = no_partial,
    superpixels: npt.NDArray[np.int32] | None = None,
    only: npt.NDArray[np.intp] | None = None,
) -> Explanation:
    """Every super-pixel set to zero in turn, the full network in torch each time.

    Args:
        predictor: The predictor that gave `prediction`.
        prediction: Of the picture to explain.
        report: Told the share of super-pixels done before each pass; may raise `Cancelled`.
        on_partial: Given the map as it grows.
        superpixels: (S, S) labels 0..N-1 of another partition; quickshift by scikit-image if None.
        only: Super-pixels to mask; all if None.

    Raises:
        Cancelled: `report` asked to stop.
    """
    start = time.perf_counter()
    report(_("Dividing the picture into super-pixels"), 0.0)
    image = prediction.network_image
    labels = reference_superpixels_of(image) if superpixels is None else np.array(superpixels, dtype=np.int32)
    order = most_promising_first(labels, prediction)
    if only is not None:
        order = order[np.isin(order, only)]
    base = predictor.reference_probabilities(image[None])[0]
    growing = Growing(prediction, labels, base, Mode.EXACT, start, report, on_partial)
    for chosen in growing.batches(order, batch_size(predictor)):
        growing.add(chosen, predictor.reference_probabilities(masked(image, labels, chosen)) - base)
    report(_("Done"), 1.0)
    return growing.so_far()

"""The exact explanation map (paper 5.4, Eq. 4): every super-pixel is masked in turn and the image scored again."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from bsnet_core.explanation.maps.filling import divided
from bsnet_core.explanation.maps.growing_map import GrowingMap, most_promising_first
from bsnet_core.explanation.maps.masking import mask_in_whole_network, scorer_of
from bsnet_core.explanation.maps.result import Explanation, Masking, Mode, OnPartial, no_partial
from bsnet_core.explanation.maps.superpixels import reference_superpixels_of
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from bsnet_core.language import translate as _
from bsnet_core.progress import Report, no_report


def explain_exactly(
    predictor: Predictor,
    prediction: Prediction,
    report: Report = no_report,
    on_partial: OnPartial = no_partial,
    superpixels: npt.NDArray[np.int32] | None = None,
    only: npt.NDArray[np.intp] | None = None,
    masking: Masking = Masking.BLACK,
) -> Explanation:
    """Masks every super-pixel in turn and scores the image in torch.

    Args:
        predictor: The predictor that gave `prediction`.
        prediction: The prediction to explain.
        report: Told the share of super-pixels done before each pass; may raise `Cancelled`.
        on_partial: Given the map as it grows.
        superpixels: (S, S) labels 0..N-1 of another partition; quickshift by scikit-image if None.
        only: Super-pixels to mask; all if None.
        masking: What takes their place, and whether lungs and alignment stay; not EVIDENCE.

    Raises:
        Cancelled: `report` asked to stop.
        ValueError: evidence is not found by masking images.
    """
    if masking is Masking.EVIDENCE:
        raise ValueError("Evidence is not found by masking images.")
    start = time.perf_counter()
    report(_("Dividing the image into regions"), 0.0)
    image = prediction.network_image
    if superpixels is None:
        labels = divided(image, masking, reference_superpixels_of)
    else:
        labels = np.array(superpixels, dtype=np.int32)
    order = most_promising_first(labels, prediction, only)
    score = scorer_of(predictor, image, masking)
    growing = GrowingMap(prediction, labels, score(image[None])[0], Mode.EXACT, start, report, on_partial, masking)
    mask_in_whole_network(growing, predictor, image, labels, order, score, masking)
    report(_("Done"), 1.0)
    return growing.so_far()

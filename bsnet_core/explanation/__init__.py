"""Explanation maps: the paper's occlusion maps of super-pixels (5.4, Eq. 4), exact or fast, and evidence maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bsnet_core.explanation.maps.result import Explanation, Masking, Mode, OnPartial, no_partial
from bsnet_core.explanation.maps.superpixels import superpixels_of
from bsnet_core.progress import Report, no_report

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction
    from bsnet_core.inference.predictor import Predictor

__all__ = ["Explanation", "Masking", "Mode", "OnPartial", "explain", "superpixels_of"]


def explain(
    predictor: Predictor,
    prediction: Prediction,
    report: Report = no_report,
    *,
    mode: Mode = Mode.EXACT,
    masking: Masking = Masking.BLACK,
    on_partial: OnPartial = no_partial,
) -> Explanation:
    """Measures how masking each super-pixel changes every class probability.

    Args:
        predictor: The predictor that gave `prediction`.
        prediction: The prediction to explain.
        report: Told the share of super-pixels done before each pass; may raise `Cancelled`.
        mode: As defined by `masking`, or a fast approximation of it.
        masking: What masking means. A model without evidence is explained by the paper's definition instead; the
            result names the one that was used.
        on_partial: Given growing frozen explanations at intervals, the most promising super-pixels first.

    Raises:
        Cancelled: `report` asked to stop.
    """
    # Imported here: the network's libraries take seconds to load.
    if masking is Masking.EVIDENCE:
        from bsnet_core.explanation.evidence import explain_by_evidence, has_evidence

        if has_evidence(predictor):
            return explain_by_evidence(predictor, prediction, report, mode)
        masking = Masking.BLACK
    if mode is Mode.FAST:
        from bsnet_core.explanation.fast.fast_map import explain_fast

        return explain_fast(predictor, prediction, report, on_partial, masking=masking)
    from bsnet_core.explanation.exact import explain_exactly

    return explain_exactly(predictor, prediction, report, on_partial, masking=masking)

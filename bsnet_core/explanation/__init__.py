"""Super-pixel explanation maps (paper 5.4, Eq. 4): exact, and fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bsnet_core.explanation.result import Explanation, Mode, OnPartial, no_partial
from bsnet_core.explanation.superpixels import superpixels_of
from bsnet_core.progress import Report, no_report

if TYPE_CHECKING:
    from bsnet_core.prediction import Prediction, Predictor

__all__ = ["Explanation", "Mode", "OnPartial", "explain", "superpixels_of"]


def explain(
    predictor: Predictor,
    prediction: Prediction,
    report: Report = no_report,
    *,
    mode: Mode = Mode.EXACT,
    on_partial: OnPartial = no_partial,
) -> Explanation:
    """How masking each super-pixel changes every class probability.

    Args:
        predictor: The predictor that gave `prediction`.
        prediction: Of the picture to explain.
        report: Told the share of super-pixels done before each pass; may raise `Cancelled`.
        mode: The paper's definition, or the fast way to nearly the same map.
        on_partial: Given growing frozen explanations at intervals, the most promising super-pixels first.

    Raises:
        Cancelled: `report` asked to stop.
    """
    # Imported here: both need the network's libraries, which take seconds to load.
    if mode is Mode.FAST:
        from bsnet_core.explanation.fast.fast_map import explain_fast

        return explain_fast(predictor, prediction, report, on_partial)
    from bsnet_core.explanation.exact import explain_exactly

    return explain_exactly(predictor, prediction, report, on_partial)

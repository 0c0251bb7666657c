"""Every overlay at once."""

from __future__ import annotations

from app.canvas.image_view import OverlayState
from app.canvas.overlays import explanation_map, lungs, zones
from app.canvas.overlays.map_scale import WHOLE_MAP
from bsnet_core.explanation import Explanation
from bsnet_core.inference.prediction import Prediction

NAMES = ("lungs", "lung_fill", "zones", "scores", "explanation", "planes")


def all_overlays(prediction: Prediction, explanation: Explanation, opacity: float) -> OverlayState:
    """All overlays of a prediction and its explanation, switched on, in one opacity."""
    return OverlayState(
        dict.fromkeys(NAMES, True),
        dict.fromkeys(NAMES, opacity),
        lungs=lungs.outline_of(prediction),
        frames=prediction.frames,
        labels=zones.labels_of(prediction),
        explanation=explanation_map.image_of(explanation, prediction, WHOLE_MAP),
    )

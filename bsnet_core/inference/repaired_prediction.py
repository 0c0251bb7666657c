"""Prediction of an image whose repair was requested in advance, as `bsnet-score --repair` does."""

from __future__ import annotations

from bsnet_core.errors import UnsuitableImageError
from bsnet_core.inference.content_findings import repair_for
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from bsnet_core.radiograph import Radiograph
from bsnet_core.repair import RepairStep, repaired

MOST_ROUNDS = 2
"""An image that was stored rotated and mirrored shows that it is mirrored only once it is rotated back."""


def predict_repaired(predictor: Predictor, radiograph: Radiograph) -> tuple[Radiograph, Prediction]:
    """Predicts a radiograph after the repairs that the content check offers; each leaves a note in the radiograph.

    Returns:
        The radiograph that was scored, with what was done to it, and the prediction.

    Raises:
        BSNetError: as `Predictor.predict`, for the image repaired as far as possible.
    """
    for _round in range(MOST_ROUNDS):
        try:
            prediction = predictor.predict(radiograph)
        except UnsuitableImageError as error:
            if not error.repair:
                raise
            radiograph = repaired(radiograph, [RepairStep(step) for step in error.repair])
            continue
        steps = repair_for(prediction.content)
        if not steps:
            return radiograph, prediction
        radiograph = repaired(radiograph, steps)
    return radiograph, predictor.predict(radiograph)

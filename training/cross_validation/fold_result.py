"""The result of one fold, and its file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bsnet_core.language import translate as _
from bsnet_core.model.network_config import Attention
from bsnet_core.private_files import write_private_json
from training.configuration.run_config import ConfigurationError
from training.evaluation.score_errors import Readings
from training.predictions.zone_predictions import ZoneLogits

FOLD_FILE = "fold.json"
LOGIT_DECIMALS = 5


@dataclass(frozen=True)
class FoldResult:
    """Predictions of one fold's network for images that it has not seen.

    Attributes:
        repeat, fold: Numbers of repeat and fold, from 0.
        test, validation: Rows of the samples.
        logits: Logits of the test images by weights ("best", "last") and head.
        validation_logits: Logits of the validation images by head, with the best weights; empty if there are none.
        median_baseline: (N, 6) median baseline of the test images.
        stage: Stage of the weights.
    """

    repeat: int
    fold: int
    test: list[int]
    validation: list[int]
    logits: dict[str, dict[Attention, ZoneLogits]]
    validation_logits: dict[Attention, ZoneLogits]
    median_baseline: Readings
    stage: str


def write_fold(file: Path, result: FoldResult, settings: str) -> None:
    """Writes a fold's result with the settings it was made with."""

    def plain(logits: dict[Attention, ZoneLogits]) -> dict[str, Any]:
        return {head.value: np.round(values.astype(float), LOGIT_DECIMALS).tolist() for head, values in logits.items()}

    write_private_json(
        file,
        {
            "settings": settings,
            "stage": result.stage,
            "test": result.test,
            "validation": result.validation,
            "logits": {name: plain(logits) for name, logits in result.logits.items()},
            "validation_logits": plain(result.validation_logits),
            "floor": result.median_baseline.tolist(),
        },
    )


def load_fold(file: Path, settings: str, repeat: int, fold: int) -> FoldResult:
    """Loads a fold's result.

    Raises:
        ConfigurationError: the file is damaged, or the fold was made with other settings.
    """

    def arrays(values: dict[str, Any]) -> dict[Attention, ZoneLogits]:
        return {Attention(head): np.array(logits, dtype=np.float32) for head, logits in values.items()}

    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        same = values["settings"] == settings
        result = FoldResult(
            repeat,
            fold,
            values["test"],
            values["validation"],
            {name: arrays(logits) for name, logits in values["logits"].items()},
            arrays(values["validation_logits"]),
            np.array(values["floor"], dtype=np.int_),
            values["stage"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            _("The fold {path} cannot be loaded. Delete it to make it again.").format(path=file)
        ) from error
    if not same:
        raise ConfigurationError(
            _(
                "The fold {path} was made with other settings or other data. Delete the folder of the cross-validation."
            ).format(path=file)
        )
    return result

"""The origin of a result, for reports, figures and tables: model, device, input check and software."""

from __future__ import annotations

import importlib.metadata
from datetime import datetime
from typing import TYPE_CHECKING

from app.report.lines import Line, time_with_offset
from bsnet_core.backends import TORCH
from bsnet_core.errors import UnsuitableImageError
from bsnet_core.inference.input_check import reject_unsuitable
from bsnet_core.language import translate as _
from bsnet_core.patient_age import possible_age

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction
    from bsnet_core.radiograph import Radiograph

DISTRIBUTION = "bsnet-viewer"


def software() -> str:
    """Name and version of this program."""
    try:
        version = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:  # started from its sources, not installed
        version = _("(unknown version)")
    return f"BS-Net Viewer {version}"


def attention_name(prediction: Prediction) -> str:
    """The scoring head in words."""
    names = {"ha": _("hard attention"), "sa": _("soft attention"), "ens": _("ensemble of hard and soft attention")}
    return names[prediction.attention.value]


def computed_on(prediction: Prediction) -> str:
    """The device, with the backend where that is not the reference."""
    return prediction.device if prediction.backend == TORCH else f"{prediction.device} ({prediction.backend})"


def input_check_outcome(radiograph: Radiograph) -> str:
    """Result of the input check: accepted, with what the file does not state, or rejected for a reason."""
    try:
        reject_unsuitable(radiograph)
    except UnsuitableImageError as rejection:
        return _("rejected: {reason}").format(reason=rejection)
    metadata = radiograph.metadata
    age = possible_age(metadata)
    stated = {
        _("view"): bool(metadata.view_position),
        _("body part"): bool(metadata.body_part or metadata.coded_body_part),
        _("age"): age is not None and age.is_adult,
    }
    missing = [name for name, is_stated in stated.items() if not is_stated]
    if not missing:
        return _("accepted as a frontal chest radiograph of an adult")
    return _("accepted as a frontal chest radiograph; not stated: {missing}").format(missing=", ".join(missing))


def provenance_lines(radiograph: Radiograph, prediction: Prediction | None, made_at: datetime) -> tuple[Line, ...]:
    """Model, weights, scoring head and device of a prediction, if there is one; input check, software and time."""
    lines = []
    if prediction is not None:
        model = prediction.model
        lines = [
            Line(_("Model"), f"{model.name} {model.version}"),
            Line(_("Weights SHA-256"), model.sha256),
            Line(_("Scoring head"), attention_name(prediction)),
            Line(_("Computed on"), computed_on(prediction)),
        ]
    lines += [
        Line(_("Input check"), input_check_outcome(radiograph)),
        Line(_("Software"), software()),
        Line(_("Report created"), time_with_offset(made_at)),
    ]
    return tuple(lines)

"""The Structured Report of a prediction."""

from __future__ import annotations

from datetime import datetime

from highdicom import sr
from pydicom.dataset import Dataset

from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.dicom_objects import concept_codes as concepts
from bsnet_core.dicom_objects.new_instance import (
    MANUFACTURER,
    PRODUCT,
    SERIAL_NUMBER,
    NewSeries,
    lasting_uid,
    software_version,
)
from bsnet_core.dicom_objects.original_image import OriginalImage
from bsnet_core.dicom_objects.score_document import ScoreGroups, number, score_document
from bsnet_core.inference.prediction import Prediction
from bsnet_core.intended_use import intended_use
from bsnet_core.language import translate as _

SERIES_NUMBER = 9701


def prediction_document(
    original: OriginalImage, prediction: Prediction, notes: tuple[str, ...], made_at: datetime
) -> Dataset:
    """Makes the document of a prediction: a Comprehensive 3D SR after TID 1500.

    Args:
        original: The image that was scored.
        prediction: The network's result for it.
        notes: Notes on the file; those on the prediction follow.
        made_at: Now, with a time zone.
    """
    said = [
        (concepts.INTENDED_USE, intended_use()),
        *((concepts.QUALITY_NOTE, note) for note in (*notes, *prediction.quality)),
    ]
    original = original.able_to_write(*(text for _concept, text in said))
    groups = ScoreGroups(
        score=prediction.score,
        frames=prediction.frames,
        observer=_device(prediction),
        method=concepts.MODEL_METHOD,
        observed_at=made_at,
        of_zone={zone: _measurements_of(prediction, zone) for zone in ZONES},
        of_whole=[
            number(concepts.EXPECTED_VALUE, prediction.expected_total, derivation=concepts.MEAN),
            *(
                sr.Measurement(name=name, value=value, unit=concepts.SCORE_UNITS)
                for name, value in zip(concepts.INTERVAL, prediction.interval or (), strict=False)
            ),
        ],
        notes=said,
        algorithm=algorithm_of(prediction),
    )
    return score_document(groups, original, NewSeries(SERIES_NUMBER, _("Brixia score, prediction")), made_at)


def algorithm_of(prediction: Prediction) -> sr.AlgorithmIdentification:
    """Name and version of the weights; their hash, the scoring head and the backend as parameters (TID 4019)."""
    model = prediction.model
    return sr.AlgorithmIdentification(
        name=model.name,
        version=model.version,
        manufacturer=MANUFACTURER,
        family=concepts.ARTIFICIAL_INTELLIGENCE,
        parameters=[
            f"weights SHA-256 {model.sha256}",
            f"scoring head {prediction.attention.value}",
            f"backend {prediction.backend}",
            *(f"image {step}" for step in prediction.repairs),
        ],
    )


def _device(prediction: Prediction) -> sr.ObserverContext:
    model = prediction.model
    return sr.ObserverContext(
        observer_type=concepts.DEVICE,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=lasting_uid(PRODUCT, software_version(), model.name, model.version, model.sha256),
            name=f"{model.name} {model.version}",
            manufacturer_name=MANUFACTURER,
            model_name=f"{PRODUCT} {software_version()}",
            serial_number=SERIAL_NUMBER,
        ),
    )


def _measurements_of(prediction: Prediction, zone: Zone) -> list[sr.Measurement]:
    probabilities = prediction.probabilities_of(zone)
    return [
        number(concepts.EXPECTED_VALUE, prediction.expected_value_of(zone), derivation=concepts.MEAN),
        *(number(concepts.CLASS_PROBABILITIES[score], probabilities[score]) for score in range(N_CLASSES)),
    ]

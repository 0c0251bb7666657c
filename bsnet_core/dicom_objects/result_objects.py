"""All objects of one prediction."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydicom.dataset import Dataset

from bsnet_core.dicom_objects.lung_segmentation import lung_probability, lung_segmentation
from bsnet_core.dicom_objects.original_image import original_image_of
from bsnet_core.dicom_objects.prediction_document import prediction_document
from bsnet_core.dicom_objects.presentation_state import presentation_state
from bsnet_core.dicom_objects.secondary_capture import secondary_capture
from bsnet_core.display import Voi, default_voi
from bsnet_core.inference.prediction import Prediction
from bsnet_core.radiograph import Radiograph


def objects_of_prediction(
    path: Path, radiograph: Radiograph, prediction: Prediction, made_at: datetime, voi: Voi | None = None
) -> tuple[Dataset, ...]:
    """Makes the objects that tell other systems of a prediction.

    Args:
        path: The file of the image.
        radiograph: The image as it was scored.
        prediction: The network's result for it.
        made_at: Now, with a time zone.
        voi: The window or VOI LUT to show it by; the file's first, or an automatic one, if None.

    Raises:
        ReportError: the image did not come as DICOM, or cannot be referred to.
        UnreadableImageError: the file is gone or damaged.
    """
    original = original_image_of(path)
    voi = voi if voi is not None else default_voi(radiograph)
    made = (
        prediction_document(original, prediction, radiograph.loading_notes, made_at),
        lung_segmentation(original, prediction, made_at),
        lung_probability(original, prediction, made_at),
        presentation_state(original, radiograph, prediction, voi, made_at),
        secondary_capture(original, radiograph, prediction, voi, made_at),
    )
    return tuple(instance for instance in made if instance is not None)

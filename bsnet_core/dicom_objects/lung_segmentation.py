"""The lungs as Segmentation objects: each lung by its side, and the lung probability (PS3.3 C.8.20)."""

from __future__ import annotations

from datetime import datetime

import cv2
import highdicom as hd
import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from bsnet_core.dicom_objects import concept_codes as concepts
from bsnet_core.dicom_objects.new_instance import MANUFACTURER, NewSeries, complete, identification, lasting_uid
from bsnet_core.dicom_objects.original_image import OriginalImage
from bsnet_core.inference.prediction import Prediction
from bsnet_core.language import translate as _

MASK_SERIES_NUMBER, PROBABILITY_SERIES_NUMBER = 9703, 9704
MOST_FRACTION = 255
ONE_SIDE_SHARE = 0.8
"""A piece of the lung mask of which this share lies on one side of the midline belongs to that side as a whole."""
RIGHT_COLOUR, LEFT_COLOUR = (0, 158, 115), (86, 180, 233)


def lung_segmentation(original: OriginalImage, prediction: Prediction, made_at: datetime) -> Dataset | None:
    """The patient's right and left lung as two binary segments on the pixel grid of the file; None without lungs.

    Args:
        original: The image.
        prediction: The network's result for it.
        made_at: Now, with a time zone.
    """
    sides = lungs_by_side(prediction)
    described = (
        (concepts.RIGHT_LUNG, "right", RIGHT_COLOUR),
        (concepts.LEFT_LUNG, "left", LEFT_COLOUR),
    )
    found = [(mask, named) for mask, named in zip(sides, described, strict=True) if mask.any()]
    if not found:
        return None
    segments = [
        _segment(number, structure, f"{structure.meaning}", f"{side} lung", original, prediction, colour)
        for number, (_mask, (structure, side, colour)) in enumerate(found, 1)
    ]
    pixels = np.stack([mask for mask, _named in found], axis=-1)[None].astype(np.uint8)
    return _segmentation(
        original, pixels, segments, NewSeries(MASK_SERIES_NUMBER, _("Lungs by side")), "LUNGS", made_at, binary=True
    )


def lung_probability(original: OriginalImage, prediction: Prediction, made_at: datetime) -> Dataset | None:
    """The lung probability as a fractional segment on the pixel grid of the file; None without lungs.

    Arguments as for `lung_segmentation`.
    """
    values = np.asarray(prediction.frames.network_map_to_image(prediction.lung_probability), dtype=np.float32)
    if not values.any():
        return None
    segment = _segment(1, concepts.LUNG, "Lung probability", "lung probability", original, prediction, RIGHT_COLOUR)
    pixels = np.clip(values, 0.0, 1.0)[None]
    series = NewSeries(PROBABILITY_SERIES_NUMBER, _("Lung probability"))
    return _segmentation(original, pixels, [segment], series, "LUNG_PROBABILITY", made_at, binary=False)


def lungs_by_side(prediction: Prediction) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The lung mask in two: the patient's right and left lung, each (height, width) bool on the pixel grid of the file.

    The midline is that of the zone grid. A piece that lies mostly on one side belongs to it as a whole; one that lies
    on both is divided.
    """
    mask = prediction.lung_mask
    height, width = mask.shape
    (a, b, c), _row = prediction.frames.image_to_aligned
    columns, rows = np.arange(width) + 0.5, np.arange(height) + 0.5
    is_right = (a * columns[None, :] + b * rows[:, None] + c) < prediction.frames.side_px / 2
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    sizes = np.bincount(labels.ravel(), minlength=count)
    shares = np.bincount(labels.ravel(), weights=is_right.ravel(), minlength=count) / np.maximum(sizes, 1)
    whole_right, whole_left = (shares >= ONE_SIDE_SHARE)[labels], (shares <= 1 - ONE_SIDE_SHARE)[labels]
    right = mask & (whole_right | (is_right & ~whole_left))
    return right, mask & ~right


def _segment(
    number: int,
    structure: hd.sr.CodedConcept,
    label: str,
    tracked: str,
    original: OriginalImage,
    prediction: Prediction,
    colour: tuple[int, int, int],
) -> hd.seg.SegmentDescription:
    model = prediction.model
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=concepts.ANATOMICAL_STRUCTURE,
        segmented_property_type=structure,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name=model.name,
            family=concepts.ARTIFICIAL_INTELLIGENCE,
            version=model.version,
            source=MANUFACTURER,
            parameters={"weights SHA-256": model.sha256},
        ),
        tracking_uid=lasting_uid(original.header.SOPInstanceUID, tracked),
        tracking_id=tracked,
        display_color=hd.color.CIELabColor.from_rgb(*colour),
    )


def _segmentation(
    original: OriginalImage,
    pixels: npt.NDArray[np.generic],
    segments: list[hd.seg.SegmentDescription],
    series: NewSeries,
    label: str,
    made_at: datetime,
    *,
    binary: bool,
) -> Dataset:
    instance = hd.seg.Segmentation(
        source_images=[_as_source(original)],
        pixel_array=pixels,
        segmentation_type=(
            hd.seg.SegmentationTypeValues.BINARY if binary else hd.seg.SegmentationTypeValues.FRACTIONAL
        ),
        segment_descriptions=segments,
        fractional_type=hd.seg.SegmentationFractionalTypeValues.PROBABILITY,
        max_fractional_value=MOST_FRACTION,
        content_label=label,
        content_description=original.repertoire.spelled(series.description),
        **identification(series, original, made_at),
    )
    _refer_to_the_original(instance, original)
    # Needed where there is no frame of reference to tell the directions (PS3.3 C.7.6.1).
    instance.PatientOrientation = original.header.get("PatientOrientation", None)
    return complete(instance, original, made_at)


def _as_source(original: OriginalImage) -> Dataset:
    """The header; that of a class with frames as one without, as highdicom asks them for places in space."""
    header = original.header
    if "NumberOfFrames" in header:
        header.SOPClassUID = SecondaryCaptureImageStorage
        del header.NumberOfFrames
    return header


def _refer_to_the_original(instance: Dataset, original: OriginalImage) -> None:
    """Gives references the class that the original really has."""
    uid = original.header.SOPInstanceUID
    for element in instance.iterall():
        if element.VR == "SQ":
            for item in element.value:
                if item.get("ReferencedSOPInstanceUID") == uid:
                    item.ReferencedSOPClassUID = original.header.SOPClassUID

"""The lungs as segments, as another program reads them."""

from dataclasses import replace

import numpy as np
import pytest

from bsnet_core.dicom_objects.lung_segmentation import lung_probability, lung_segmentation, lungs_by_side
from tests.bsnet_core.dicom_objects.made_objects import NOW, faults_of, loaded, original, predicted
from tests.dicom_files import DX

SC, MULTI_FRAME_SC = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.2"


def with_lungs(prediction, lungs):
    return replace(prediction, lung_probability=np.asarray(lungs, dtype=np.float32))


def pixels_by_label(segmentation):
    frames = segmentation.pixel_array.reshape(-1, segmentation.Rows, segmentation.Columns)
    labels = {item.SegmentNumber: item.SegmentLabel for item in segmentation.SegmentSequence}
    groups = segmentation.PerFrameFunctionalGroupsSequence
    numbers = [group.SegmentIdentificationSequence[0].ReferencedSegmentNumber for group in groups]
    return {labels[number]: frame for number, frame in zip(numbers, frames, strict=True)}


@pytest.mark.parametrize("orientation", [["L", "F"], ["R", "F"], ["F", "L"], ["H", "R"]])
def test_each_lung_is_a_segment_of_its_own_side_on_the_pixels_of_the_file(orientation):
    image = original(PatientOrientation=orientation)
    result = predicted(image)
    found = pixels_by_label(loaded(lung_segmentation(image, result, NOW)))
    assert set(found) == {"Right lung", "Left lung"}
    assert np.array_equal(found["Right lung"] | found["Left lung"], result.lung_mask)
    assert not (found["Right lung"] & found["Left lung"]).any()
    # In standard orientation the patient's right is on the left of the image.
    columns = {label: np.nonzero(result.frames.turn.to_standard(mask))[1].mean() for label, mask in found.items()}
    assert columns["Right lung"] < columns["Left lung"]


def test_lungs_that_touch_are_divided_at_the_midline():
    result = predicted(original(), 0.0)
    lungs = np.zeros((64, 64))
    lungs[10:50, 10:54] = 1
    right, left = lungs_by_side(with_lungs(result, lungs))
    assert np.nonzero(right)[1].max() == 159
    assert np.nonzero(left)[1].min() == 160


def test_a_lung_that_reaches_over_the_midline_stays_whole():
    result = predicted(original(), 0.0)
    lungs = np.zeros((64, 64))
    lungs[10:50, 10:34] = lungs[10:50, 36:54] = 1
    right, left = lungs_by_side(with_lungs(result, lungs))
    assert np.nonzero(right)[1].max() == 169
    assert np.nonzero(left)[1].min() == 180


def test_one_lung_alone_is_one_segment():
    lungs = np.zeros((64, 64))
    lungs[10:50, 40:54] = 1
    image = original()
    segmentation = loaded(lung_segmentation(image, with_lungs(predicted(image), lungs), NOW))
    assert [item.SegmentLabel for item in segmentation.SegmentSequence] == ["Left lung"]


def test_the_probability_is_fractional_and_keeps_its_values():
    image = original()
    result = predicted(image)
    result = with_lungs(result, np.linspace(0, 1, 64 * 64).reshape(64, 64))
    segmentation = loaded(lung_probability(image, result, NOW))
    assert (segmentation.SegmentationType, segmentation.SegmentationFractionalType) == ("FRACTIONAL", "PROBABILITY")
    values = segmentation.pixel_array.reshape(400, 320) / segmentation.MaximumFractionalValue
    assert values == pytest.approx(result.frames.network_map_to_image(result.lung_probability), abs=0.003)


def test_a_model_without_lungs_gives_neither():
    image = original()
    result = with_lungs(predicted(image), np.zeros((64, 64)))
    assert lung_segmentation(image, result, NOW) is None
    assert lung_probability(image, result, NOW) is None


@pytest.mark.parametrize(
    ("sop_class", "tags"),
    [(DX, {"Modality": "DX"}), (SC, {"Modality": "OT"}), (MULTI_FRAME_SC, {"Modality": "OT", "NumberOfFrames": 1})],
)
@pytest.mark.parametrize("make", [lung_segmentation, lung_probability])
def test_every_class_of_image_is_referred_to_as_what_it_is_and_dciodvfy_finds_no_error(sop_class, tags, make, tmp_path):
    image = original(SOPClassUID=sop_class, **tags)
    segmentation = loaded(make(image, predicted(image), NOW))
    assert (segmentation.StudyInstanceUID, segmentation.PatientID) == (image.header.StudyInstanceUID, "T1")
    (series,) = segmentation.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == image.header.SeriesInstanceUID
    (reference,) = series.ReferencedInstanceSequence
    assert (reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID) == (
        sop_class,
        image.header.SOPInstanceUID,
    )
    for group in segmentation.PerFrameFunctionalGroupsSequence:
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        assert source.ReferencedSOPClassUID == sop_class
    assert faults_of(segmentation, tmp_path) == []

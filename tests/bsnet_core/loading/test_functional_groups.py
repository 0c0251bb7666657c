"""Functional groups of a multi-frame object with one frame."""

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from bsnet_core.loading import load_radiograph
from tests.dicom_files import chest_dataset, ramp

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")

WORD_CAPTURE = "1.2.840.10008.5.1.4.1.1.7.3"


def item(**tags):
    dataset = Dataset()
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_window_rescaling_and_spacing_of_the_only_frame(tmp_path, syntax):
    shared = item(PixelMeasuresSequence=Sequence([item(PixelSpacing=["0.2", "0.3"])]))
    shared.PixelValueTransformationSequence = Sequence(
        [item(RescaleSlope="2", RescaleIntercept="-9", RescaleType="US")]
    )
    frame = item(FrameVOILUTSequence=Sequence([item(WindowCenter="4000", WindowWidth="6000")]))
    dataset = chest_dataset(
        ramp(), 12, SOPClassUID=WORD_CAPTURE, Modality="OT", NumberOfFrames=1, RescaleIntercept="-5"
    )
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = Sequence([frame])
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "a", implicit_vr=syntax.is_implicit_VR, little_endian=True)
    radiograph = load_radiograph(tmp_path / "a")
    (window,) = radiograph.voi_windows
    assert (window.centre, window.width) == (4000, 6000)
    assert (radiograph.rescale_slope, radiograph.rescale_intercept) == (2, -5)
    assert radiograph.metadata.spacing is not None
    assert (radiograph.metadata.spacing.row_mm, radiograph.metadata.spacing.column_mm) == (0.2, 0.3)


@pytest.mark.parametrize("content", [[], [Dataset()]])
def test_empty_functional_groups_say_nothing(tmp_path, content):
    dataset = chest_dataset(ramp(), 12, SOPClassUID=WORD_CAPTURE, Modality="OT")
    dataset.SharedFunctionalGroupsSequence = Sequence(content)
    dataset.save_as(tmp_path / "a", enforce_file_format=True)
    assert load_radiograph(tmp_path / "a").voi_windows == ()

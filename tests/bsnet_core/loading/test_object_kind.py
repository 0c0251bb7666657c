"""The kinds of DICOM object that are loaded."""

import numpy as np
import pytest

from bsnet_core.errors import (
    RejectionCode,
    UnsupportedObjectError,
)
from tests.bsnet_core.loaded_dicom import image
from tests.dicom_files import CT, ramp

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


MR = "1.2.840.10008.5.1.4.1.1.4"


STRUCTURED_REPORT = "1.2.840.10008.5.1.4.1.1.88.11"


MAMMOGRAPHY = "1.2.840.10008.5.1.4.1.1.1.2"


@pytest.mark.parametrize(
    ("sop_class", "modality"),
    [(CT, "CT"), (MR, "MR"), (CT, "CR"), (MAMMOGRAPHY, "MG"), (STRUCTURED_REPORT, "SR"), (None, "US")],
)
def test_objects_that_are_no_radiograph(tmp_path, sop_class, modality):
    tags = {"SOPClassUID": sop_class} if sop_class else {}
    with pytest.raises(UnsupportedObjectError, match="not a plain chest radiograph") as rejection:
        image(tmp_path, Modality=modality, **tags)
    assert rejection.value.code is RejectionCode.UNSUPPORTED_OBJECT


@pytest.mark.parametrize("modality", ["CR", "DX", "RG", "OT", "", "cr "])
def test_modalities_of_radiographs_are_read(tmp_path, modality):
    assert image(tmp_path, Modality=modality).shape == ramp().shape


MULTI_FRAME_CAPTURES = [f"1.2.840.10008.5.1.4.1.1.7.{kind}" for kind in (1, 2, 3, 4)]


@pytest.mark.parametrize("sop_class", MULTI_FRAME_CAPTURES)
@pytest.mark.parametrize("frames", [None, 1])
def test_a_multi_frame_capture_of_one_frame_is_a_secondary_capture(tmp_path, sop_class, frames):
    tags = {} if frames is None else {"NumberOfFrames": frames}
    assert np.array_equal(image(tmp_path, SOPClassUID=sop_class, Modality="OT", **tags).stored, ramp())


@pytest.mark.parametrize("sop_class", MULTI_FRAME_CAPTURES)
def test_a_multi_frame_capture_of_several_frames_is_refused_with_the_count(tmp_path, sop_class):
    frames = np.concatenate([ramp(), ramp()])
    with pytest.raises(UnsupportedObjectError, match="2 frames"):
        image(tmp_path, frames, SOPClassUID=sop_class, NumberOfFrames=2, Rows=ramp().shape[0])


def test_multi_frame_is_refused_with_the_count(tmp_path):
    frames = np.concatenate([ramp(), ramp()])
    with pytest.raises(UnsupportedObjectError, match="2 frames"):
        image(tmp_path, frames, NumberOfFrames=2, Rows=ramp().shape[0])

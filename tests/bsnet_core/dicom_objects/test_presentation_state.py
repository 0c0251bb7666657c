"""The presentation state, as another program reads it."""

import shutil
import subprocess
from dataclasses import replace

import cv2
import numpy as np
import pytest

from bsnet_core.brixia import ZONES
from bsnet_core.dicom_objects.object_files import as_bytes
from bsnet_core.dicom_objects.original_image import original_image_of
from bsnet_core.dicom_objects.presentation_state import presentation_state
from bsnet_core.display import default_voi, display_table
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import LookupTable, VoiFunction, VoiWindow
from bsnet_core.standard_orientation import StandardOrientation
from bsnet_core.zone_outlines import zone_outline
from tests.bsnet_core.dicom_objects.made_objects import NOW, faults_of, loaded, predicted
from tests.dicom_files import ramp, write_dicom

WINDOW = VoiWindow(2000.0, 1200.0, VoiFunction.LINEAR)


def image_and_radiograph(folder, pixels=None, **tags):
    path = write_dicom(folder / "image.dcm", ramp(400, 320) if pixels is None else pixels, None, **tags)
    return original_image_of(path), load_radiograph(path)


def state_of(folder, voi=WINDOW, change=lambda radiograph: radiograph, **tags):
    image, radiograph = image_and_radiograph(folder, **tags)
    return image, loaded(presentation_state(image, change(radiograph), predicted(image), voi, NOW))


def test_zones_are_drawn_where_they_are_and_scores_written_into_them(tmp_path):
    image, state = state_of(tmp_path)
    result = predicted(image)
    grid, scores = state.GraphicAnnotationSequence
    for zone, drawn, text in zip(ZONES, grid.GraphicObjectSequence, scores.TextObjectSequence, strict=False):
        points = np.array(drawn.GraphicData).reshape(-1, 2)
        assert points[:-1] == pytest.approx(zone_outline(result.frames, zone), abs=1e-3)
        assert text.UnformattedTextValue == f"{zone.name} {result.score[zone]} (70%)"
        assert (points.min(axis=0) <= text.AnchorPoint).all()
        assert (points.max(axis=0) >= text.AnchorPoint).all()
    whole = scores.TextObjectSequence[6].UnformattedTextValue
    assert "9/18" in whole
    assert "not a medical device" in whole


def test_it_refers_to_the_image_in_its_study(tmp_path):
    image, state = state_of(tmp_path)
    assert (state.StudyInstanceUID, state.PatientID) == (image.header.StudyInstanceUID, "T1")
    (series,) = state.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == image.header.SeriesInstanceUID
    assert series.ReferencedImageSequence[0].ReferencedSOPInstanceUID == image.header.SOPInstanceUID
    assert (state.PresentationCreationDate, state.SeriesDate) == (NOW.astimezone().strftime("%Y%m%d"),) * 2


def test_the_window_is_the_one_that_is_asked_for(tmp_path):
    _image, state = state_of(tmp_path)
    (voi,) = state.SoftcopyVOILUTSequence
    assert (float(voi.WindowCenter), float(voi.WindowWidth)) == (2000, 1200)


def test_a_voi_lut_keeps_its_range(tmp_path):
    table = LookupTable(-3, np.arange(0, 4096, dtype=np.float32), 12)
    _image, state = state_of(tmp_path, table)
    lut = state.SoftcopyVOILUTSequence[0].VOILUTSequence[0]
    assert list(lut.LUTDescriptor)[1:] == [-3, 16]
    data = np.frombuffer(lut.LUTData, np.uint16) if isinstance(lut.LUTData, bytes) else np.array(lut.LUTData)
    assert (data[0], data[-1]) == (0, 65535)


@pytest.mark.parametrize(
    ("tags", "shape"), [({}, "IDENTITY"), ({"PhotometricInterpretation": "MONOCHROME1"}, "INVERSE")]
)
def test_the_polarity_is_the_files(tmp_path, tags, shape):
    _image, state = state_of(tmp_path, **tags)
    assert state.PresentationLUTShape == shape


def test_slope_and_intercept_are_the_files(tmp_path):
    _image, state = state_of(tmp_path, RescaleSlope="2", RescaleIntercept="-1024", RescaleType="US")
    assert (float(state.RescaleSlope), float(state.RescaleIntercept)) == (2, -1024)


def test_a_modality_lut_is_the_files(tmp_path):
    def with_table(radiograph):
        return replace(radiograph, modality_lut=LookupTable(0, np.arange(4096, dtype=np.float32), 12))

    _image, state = state_of(tmp_path, change=with_table)
    assert list(state.ModalityLUTSequence[0].LUTDescriptor)[:2] == [4096, 0]


ORIENTATIONS = [["L", "F"], ["R", "F"], ["L", "H"], ["R", "H"], ["F", "L"], ["F", "R"], ["H", "L"], ["H", "R"]]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_dcmtk_shows_the_image_as_this_program_does(tmp_path, orientation):
    if shutil.which("dcmp2pgm") is None:
        pytest.skip("dcmp2pgm of dcmtk is not installed")
    image, radiograph = image_and_radiograph(tmp_path, PatientOrientation=orientation)
    state = presentation_state(image, radiograph, predicted(image), WINDOW, NOW)
    assert faults_of(state, tmp_path) == []
    (tmp_path / "state.dcm").write_bytes(as_bytes(state))
    files = [tmp_path / name for name in ("state.dcm", "image.dcm", "shown.pgm")]
    subprocess.run(["dcmp2pgm", "-p", *files], check=True, capture_output=True)
    shown = cv2.imread(str(files[2]), cv2.IMREAD_GRAYSCALE).astype(int)
    turn = StandardOrientation.of(tuple(orientation))
    expected = turn.to_standard(display_table(radiograph, WINDOW)[radiograph.stored]).astype(int)
    assert shown.shape == expected.shape
    assert np.median(np.abs(shown - expected)) <= 1  # where no annotation is drawn


@pytest.mark.parametrize(
    "voi",
    [
        WINDOW,
        VoiWindow(0.123456789012, 0.5, VoiFunction.LINEAR_EXACT),
        VoiWindow(1e6 / 3, 1e6 / 7, VoiFunction.SIGMOID),
        LookupTable(-3, np.arange(0, 4096, dtype=np.float32), 12),
        LookupTable(0, np.arange(0, 65536, dtype=np.float32), 16),
        LookupTable(-32768, np.arange(0, 65536, dtype=np.float32), 16),
    ],
)
def test_dciodvfy_finds_no_error_whatever_the_window(tmp_path, voi):
    _image, state = state_of(tmp_path, voi)
    assert faults_of(state, tmp_path) == []


def test_an_image_in_colour_gets_a_colour_state_and_dciodvfy_finds_no_error(tmp_path):
    pixels = np.repeat(ramp(400, 320, 8, np.uint8)[..., None], 3, axis=2)
    image, radiograph = image_and_radiograph(
        tmp_path,
        pixels,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.7",
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
    )
    state = loaded(presentation_state(image, radiograph, predicted(image), default_voi(radiograph), NOW))
    assert state.SOPClassUID.name == "Color Softcopy Presentation State Storage"
    assert faults_of(state, tmp_path) == []

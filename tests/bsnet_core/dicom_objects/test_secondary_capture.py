"""The image in colour with everything drawn into it, as another program reads it."""

import shutil
import subprocess

import numpy as np
import pytest

from bsnet_core.brixia import ZONES
from bsnet_core.dicom_objects.object_files import as_bytes
from bsnet_core.dicom_objects.original_image import original_image_of
from bsnet_core.dicom_objects.presentation_state import GRID_COLOUR
from bsnet_core.dicom_objects.secondary_capture import LONGEST_SIDE_PX, LUNG_COLOUR, painted, secondary_capture
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import VoiFunction, VoiWindow
from bsnet_core.zone_outlines import zone_outline
from tests.bsnet_core.dicom_objects.made_objects import NOW, faults_of, loaded, predicted
from tests.dicom_files import ramp, write_dicom

WINDOW = VoiWindow(2048.0, 4096.0, VoiFunction.LINEAR)


@pytest.fixture
def made(tmp_path):
    path = write_dicom(tmp_path / "image.dcm", ramp(400, 320))
    image = original_image_of(path)
    return image, load_radiograph(path), predicted(image)


def test_it_is_a_colour_image_in_the_study_and_names_its_source(made):
    image, radiograph, result = made
    capture = loaded(secondary_capture(image, radiograph, result, WINDOW, NOW))
    assert (capture.PhotometricInterpretation, capture.StudyInstanceUID) == ("RGB", image.header.StudyInstanceUID)
    assert capture.SourceImageSequence[0].ReferencedSOPInstanceUID == image.header.SOPInstanceUID
    assert capture.BurnedInAnnotation == "YES"
    assert capture.pixel_array.shape[1:] == (320, 3)


def test_lungs_and_zones_are_drawn_where_they_are(made):
    _image, radiograph, result = made
    pixels = painted(radiograph, result, WINDOW)
    is_outline = (pixels == LUNG_COLOUR).all(axis=2)[:400]
    assert is_outline.any()
    assert result.lung_mask[is_outline].mean() > 0.9
    for zone in ZONES:
        corner = zone_outline(result.frames, zone)[0]
        x, y = np.clip(np.rint(corner).astype(int), 2, [317, 397])
        around = pixels[y - 2 : y + 3, x - 2 : x + 3].astype(int)
        assert (np.abs(around - GRID_COLOUR).sum(axis=2) < 120).any()


def test_a_large_image_is_reduced(tmp_path):
    path = write_dicom(tmp_path / "image.dcm", ramp(2000, 1500))
    pixels = painted(load_radiograph(path), predicted(original_image_of(path)), WINDOW)
    assert pixels.shape[1] == 1200
    assert LONGEST_SIDE_PX < pixels.shape[0] < LONGEST_SIDE_PX * 1.2


def test_dciodvfy_finds_no_error(made, tmp_path):
    image, radiograph, result = made
    assert faults_of(secondary_capture(image, radiograph, result, WINDOW, NOW), tmp_path) == []


def test_dcmtk_renders_it(made, tmp_path):
    if shutil.which("dcm2pnm") is None:
        pytest.skip("dcm2pnm of dcmtk is not installed")
    image, radiograph, result = made
    (tmp_path / "capture.dcm").write_bytes(as_bytes(secondary_capture(image, radiograph, result, WINDOW, NOW)))
    subprocess.run(["dcm2pnm", tmp_path / "capture.dcm", tmp_path / "capture.ppm"], check=True, capture_output=True)
    assert (tmp_path / "capture.ppm").read_bytes().startswith(b"P6")

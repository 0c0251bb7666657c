import numpy as np
import pytest

from app.background.previews import SAMPLED_PX, thumbnail_of
from bsnet_core.loading import load_radiograph
from tests.dicom_files import ramp, write_dicom


@pytest.mark.parametrize("image", ["grey", "inverted", "signed"])
def test_a_thumbnail_of_few_pixels_looks_as_one_of_all_pixels(tmp_path, image):
    pixels = ramp(900, 700)
    tags = {"PhotometricInterpretation": "MONOCHROME1"} if image == "inverted" else {}
    if image == "signed":
        pixels = (pixels.astype(np.int32) - 2048).astype(np.int16)
    path = write_dicom(tmp_path / "film.dcm", pixels, bits=12, **tags)
    whole, sampled = (thumbnail_of(load_radiograph(path, sampled_px=px)) for px in (None, SAMPLED_PX))
    assert whole.shape == sampled.shape
    assert np.abs(whole.astype(int) - sampled).max() <= 4

import numpy as np
import pytest

from bsnet_core.errors import UnsupportedObjectError
from bsnet_core.loading import load_radiograph
from bsnet_core.loading.colour_models import rgb_of_partial_range
from tests.dicom_files import write_dicom


@pytest.mark.parametrize(
    ("luminance", "blue", "red", "expected"),
    [
        (16, 128, 128, (0, 0, 0)),
        (235, 128, 128, (255, 255, 255)),
        (81, 90, 240, (255, 0, 0)),
        (145, 54, 34, (0, 255, 0)),
        (41, 240, 110, (0, 0, 255)),
    ],
)
def test_partial_range_has_the_colours_of_its_definition(luminance, blue, red, expected):
    data = bytes([luminance, luminance, blue, red] * 4)
    rgb = rgb_of_partial_range(data, 2, 4)
    assert rgb.shape == (2, 4, 3)
    assert np.abs(rgb.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("model", ["HSV", "ARGB", "CMYK", "YBR_PARTIAL_420"])
def test_colour_that_is_not_loaded_is_rejected_by_its_name(tmp_path, model):
    pixels = np.zeros((8, 8, 3 if model in ("HSV", "YBR_PARTIAL_420") else 4), np.uint8)
    path = write_dicom(
        tmp_path / "a", pixels, SamplesPerPixel=pixels.shape[2], PhotometricInterpretation=model, PlanarConfiguration=0
    )
    with pytest.raises(UnsupportedObjectError, match=model):
        load_radiograph(path)

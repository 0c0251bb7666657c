import cv2
import pytest

from tests.training.data_set_layouts import lung_mask, write_montgomery
from training.datasets.montgomery import load_montgomery
from training.datasets.pixels import load_lung_mask
from training.datasets.sample import MaskSizeError, UnreadableFileError


def test_a_mask_that_is_damaged_or_of_another_size_is_named(tmp_path):
    sample = load_montgomery(write_montgomery(tmp_path, 1))[0]
    with pytest.raises(MaskSizeError, match=r"MCUCXR_0001_1\.png has another size"):
        load_lung_mask(sample, (96, 100))
    sample.masks[1].write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(UnreadableFileError, match="rightMask"):
        load_lung_mask(sample, (96, 96))
    cv2.imwrite(str(sample.masks[1]), lung_mask("left", 48))
    with pytest.raises(MaskSizeError, match="rightMask"):
        load_lung_mask(sample, (96, 96))

import numpy as np
import pytest

from tests.training.data_set_layouts import both_lungs, write_jsrt
from training.datasets.jsrt import SIDE_PX, load_jsrt, load_jsrt_radiograph
from training.datasets.pixels import load_lung_mask, load_sample_radiograph
from training.datasets.sample import UnreadableFileError


def test_jsrt_images_are_inverted_12_bit_big_endian_and_scr_masks_are_enlarged_to_them(tmp_path):
    samples = load_jsrt(write_jsrt(tmp_path, SIDE_PX))
    tested = {sample.image.stem: sample.published_test for sample in samples}
    assert tested == {"JPCLN001": False, "JPCLN002": True, "JPCNN001": False}
    radiograph = load_sample_radiograph(samples[0])
    assert radiograph.shape == (2048, 2048)
    assert radiograph.pixels[0, 0] == 0  # air, stored as 4095, is dark
    assert radiograph.pixels[-1, 0] == 1
    mask = load_lung_mask(samples[0], radiograph.shape)
    assert mask[::2, ::2].sum() == both_lungs(1024).sum()
    assert mask.sum() == 4 * both_lungs(1024).sum()


def test_jsrt_files_of_another_length_or_byte_order_are_rejected(tmp_path):
    path = tmp_path / "a.IMG"
    np.zeros((64, 64), ">u2").tofile(path)
    assert load_jsrt_radiograph(path, 64).shape == (64, 64)
    with pytest.raises(UnreadableFileError, match=r"a\.IMG has 8192 bytes; 2048 × 2048"):
        load_jsrt_radiograph(path)
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(UnreadableFileError, match="8193 bytes"):
        load_jsrt_radiograph(path, 64)
    np.full((64, 64), 500, "<u2").tofile(path)
    with pytest.raises(UnreadableFileError, match="big-endian"):
        load_jsrt_radiograph(path, 64)

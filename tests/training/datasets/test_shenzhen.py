import numpy as np

from tests.training.data_set_layouts import both_lungs, write_shenzhen
from training.datasets.pixels import load_lung_mask
from training.datasets.shenzhen import load_shenzhen


def test_shenzhen_images_without_a_mask_are_read_too_but_are_not_counted_among_the_first_50(tmp_path):
    samples = load_shenzhen(write_shenzhen(tmp_path))
    assert [sample.published_test for sample in samples] == [True, None, *[True] * 49, *[False] * 2]
    assert samples[1].masks == ()
    assert samples[0].masks[0].name == "CHNCXR_0001_1_mask.png"
    assert np.array_equal(load_lung_mask(samples[0], (96, 96)), both_lungs())

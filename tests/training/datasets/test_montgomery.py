import numpy as np

from tests.training.data_set_layouts import both_lungs, write_montgomery
from training.datasets.montgomery import load_montgomery
from training.datasets.pixels import load_lung_mask


def test_montgomery_joins_the_masks_of_both_lungs_and_tests_on_the_first_50(tmp_path):
    samples = load_montgomery(write_montgomery(tmp_path))
    assert [sample.published_test for sample in samples] == [True] * 50 + [False] * 2
    assert samples[0].patient == "montgomery-MCUCXR_0001"
    assert len(samples[0].masks) == 2
    assert np.array_equal(load_lung_mask(samples[0], (96, 96)), both_lungs())

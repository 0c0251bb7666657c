"""Maps seen through an affine alignment."""

import pytest
import torch

from bsnet_core.model.resampling import resample


def test_resampling_shifts_by_what_the_matrix_says_and_fills_with_zero():
    maps = torch.zeros(1, 1, 64, 64)
    maps[..., 32, 40] = 1
    shifted = resample(maps, torch.tensor([[[1.0, 0.0, 2 * 8 / 64], [0.0, 1.0, 0.0]]]))
    assert shifted[0, 0, 32, 32] == pytest.approx(1.0)
    assert shifted[..., -8:].abs().max() == 0

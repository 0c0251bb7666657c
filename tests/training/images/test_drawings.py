"""Made-up images that show nothing."""

import numpy as np
import pytest

from training.images.drawings import drawing


@pytest.mark.parametrize("seed", range(12))
def test_a_drawing_fills_the_grey_levels_and_depends_on_its_generator_only(seed):
    first, second = (drawing(np.random.default_rng(seed)) for _ in range(2))
    assert first.dtype == np.float32
    assert first.min() == 0
    assert first.max() == pytest.approx(1)
    assert np.array_equal(first, second)


def test_no_two_drawings_are_alike():
    rng = np.random.default_rng(0)
    assert len({drawing(rng).tobytes() for _ in range(20)}) == 20

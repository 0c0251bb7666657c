"""What takes the place of a masked super-pixel."""

import numpy as np
import pytest

from bsnet_core.explanation import Masking
from bsnet_core.explanation.maps.filling import divided, filling_of
from bsnet_core.explanation.maps.superpixels import superpixels_of

SIDE = 96


@pytest.fixture
def bright_square():
    """A bright square super-pixel on an even background."""
    image, labels = np.full((SIDE, SIDE), 0.25, dtype=np.float32), np.zeros((SIDE, SIDE), dtype=np.int32)
    place = slice(40, 60), slice(40, 60)
    image[place], labels[place] = 0.875, 1
    return image, labels


@pytest.mark.parametrize("masking", [Masking.BLACK, Masking.LUNGS_HELD])
def test_a_blackened_super_pixel_is_zero(bright_square, masking):
    assert (filling_of(*bright_square, masking) == 0).all()


def test_a_super_pixel_filled_like_its_surroundings_has_their_mean(bright_square):
    image, labels = bright_square
    filling = filling_of(image, labels, Masking.SURROUNDINGS)
    assert filling[labels == 1] == pytest.approx(0.25)
    assert filling[labels == 0] == pytest.approx(0.875)


def test_an_image_of_one_super_pixel_has_no_surroundings():
    image = np.full((SIDE, SIDE), 0.5, dtype=np.float32)
    assert (filling_of(image, np.zeros((SIDE, SIDE), dtype=np.int32), Masking.SURROUNDINGS) == 0).all()


def test_faint_noise_moves_the_smoothed_division_less_than_the_paper_s():
    rng = np.random.default_rng(0)
    coarse = rng.random((8, 8))
    image = np.kron(coarse, np.ones((SIDE // 8, SIDE // 8))).astype(np.float32)
    noisy = np.clip(image + rng.normal(scale=0.01, size=image.shape), 0, 1).astype(np.float32)

    def moved(masking):
        """Share of neighbouring pairs of pixels of which only one image has a border between them."""
        borders = [labels[:, 1:] != labels[:, :-1] for labels in (divided(image, masking), divided(noisy, masking))]
        return float((borders[0] != borders[1]).sum() / (borders[0] | borders[1]).sum())

    assert np.array_equal(divided(image, Masking.BLACK), superpixels_of(image))
    assert moved(Masking.EVIDENCE) < moved(Masking.BLACK)

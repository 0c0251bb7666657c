import numpy as np
import pytest

from training.images.erasing import ERASED_P, LARGEST_LUNG_SHARE, Erasable, erase, parts_to_erase, random_parts

SIDE = 96


def lungs():
    found = np.zeros((SIDE, SIDE), bool)
    found[20:76, 12:40] = found[20:76, 56:84] = True
    return found


@pytest.mark.parametrize("erasable", Erasable)
def test_about_every_second_image_keeps_all_its_parts(erasable):
    whole = sum(not parts_to_erase(lungs(), erasable, np.random.default_rng(seed)).any() for seed in range(300))
    assert whole / 300 == pytest.approx(1 - ERASED_P, abs=0.12)


def test_where_labels_hold_for_whole_lungs_little_of_them_is_erased():
    for seed in range(200):
        parts = parts_to_erase(lungs(), Erasable.LITTLE_LUNG, np.random.default_rng(seed))
        assert (parts & lungs()).sum() <= LARGEST_LUNG_SHARE * lungs().sum()


def test_where_the_place_of_disease_is_known_much_of_the_lungs_may_be_erased():
    shares = [
        (parts_to_erase(lungs(), Erasable.ANYWHERE, np.random.default_rng(seed)) & lungs()).sum() / lungs().sum()
        for seed in range(200)
    ]
    assert max(shares) > 3 * LARGEST_LUNG_SHARE


def test_only_the_erased_parts_change():
    image = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE)).astype(np.uint8)
    parts = random_parts(SIDE, np.random.default_rng(1))
    erased = erase(image, parts, np.random.default_rng(2))
    np.testing.assert_array_equal(erased[~parts], image[~parts])
    assert parts.any()


def test_parts_are_black_or_blurred_or_grey():
    image = np.random.default_rng(0).integers(1, 255, (SIDE, SIDE)).astype(np.uint8)
    parts = random_parts(SIDE, np.random.default_rng(1))
    fillings = {erase(image, parts, np.random.default_rng(seed))[parts].tobytes() for seed in range(30)}
    assert len(fillings) == 3
    assert np.zeros(int(parts.sum()), np.uint8).tobytes() in fillings

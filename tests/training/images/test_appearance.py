import numpy as np

from training.images.appearance import vary_appearance


def image():
    return np.tile(np.linspace(0, 255, 64).astype(np.uint8), (64, 1))


def test_the_same_seed_gives_the_same_appearance():
    first, second = (vary_appearance(image(), np.random.default_rng(3)) for _time in range(2))
    np.testing.assert_array_equal(first, second)


def test_an_image_keeps_its_size_and_type_and_is_left_unchanged():
    original = image()
    for seed in range(40):
        varied = vary_appearance(original, np.random.default_rng(seed))
        assert varied.shape == (64, 64)
        assert varied.dtype == np.uint8
    np.testing.assert_array_equal(original, image())


def test_appearances_differ_but_bright_stays_brighter_than_dark():
    varied = [vary_appearance(image(), np.random.default_rng(seed)).astype(float) for seed in range(40)]
    assert len({picture.tobytes() for picture in varied}) > 30
    assert all(picture[:, 48:].mean() > picture[:, :16].mean() for picture in varied)

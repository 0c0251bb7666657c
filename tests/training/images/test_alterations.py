"""Known alterations of a radiograph."""

from __future__ import annotations

import numpy as np
import pytest

from training.images.alterations import Alteration, alter

Pixels = np.ndarray


@pytest.fixture(scope="module")
def image() -> Pixels:
    """A bright body with two dark lungs, wider than high, its upper left corner marked."""
    rows, columns = np.mgrid[0:200, 0:240].astype(np.float32)
    image = np.full((200, 240), 0.75, np.float32)
    image += 0.03 * np.sin(rows / 2) * np.sin(columns / 2)
    for centre in (75, 165):
        image[((columns - centre) / 35) ** 2 + ((rows - 95) / 70) ** 2 < 1] -= 0.5
    image[5:25, 5:25] = 1.0
    return np.clip(image, 0, 1)


@pytest.mark.parametrize("kind", list(Alteration))
def test_every_alteration_gives_grey_levels_and_depends_on_its_generator_only(image: Pixels, kind: Alteration) -> None:
    others = (image[:, ::-1],)
    first, second = (alter(image, kind, np.random.default_rng(7), others) for _ in range(2))
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1
    assert np.array_equal(first, second)
    assert first.shape != image.shape or np.abs(first - image).mean() > 0.004


@pytest.mark.parametrize(
    ("kind", "corner"),
    [
        (Alteration.UPSIDE_DOWN, (-15, -15)),
        (Alteration.ROTATED_90, (15, -15)),
        (Alteration.ROTATED_270, (-15, 15)),
        (Alteration.MIRRORED, (15, -15)),
    ],
)
def test_rotated_and_mirrored_images_have_their_mark_in_the_corner_it_belongs_to(
    image: Pixels, kind: Alteration, corner: tuple[int, int]
) -> None:
    altered = alter(image, kind, np.random.default_rng(0))
    assert altered[corner] == 1.0


def test_an_inverted_image_has_bright_lungs(image: Pixels) -> None:
    assert np.allclose(alter(image, Alteration.INVERTED, np.random.default_rng(0)), 1 - image)


@pytest.mark.parametrize("seed", range(6))
def test_exposure_always_takes_a_visible_part_of_the_grey_levels(image: Pixels, seed: int) -> None:
    bright, dark = (
        alter(image, kind, np.random.default_rng(seed)) for kind in (Alteration.OVEREXPOSED, Alteration.UNDEREXPOSED)
    )
    assert bright.mean() > image.mean() + 0.08
    assert np.median(dark) < np.median(image)


@pytest.mark.parametrize("seed", range(6))
def test_half_an_image_is_about_half_and_a_cut_one_more_than_half(image: Pixels, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert 0.4 < alter(image, Alteration.HALF, rng).size / image.size < 0.6
    assert 0.52 < alter(image, Alteration.CUT_OFF, rng).size / image.size < 0.8


def test_two_images_are_the_image_and_another_one(image: Pixels) -> None:
    other = np.zeros_like(image)
    pairs = [alter(image, Alteration.TWO_IMAGES, np.random.default_rng(seed), (other,)) for seed in range(12)]
    assert all(pair.size >= 2 * image.size for pair in pairs)
    assert any((pair == 0).mean() > 0.4 for pair in pairs)

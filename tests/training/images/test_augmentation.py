import albumentations as A
import cv2
import numpy as np
import pytest

from training.configuration.sections import AugmentationConfig
from training.images.augmentation import Augmentation


def test_augmentation_moves_image_and_mask_alike_and_repeats_by_seed():
    image = np.zeros((96, 96), np.uint8)
    image[30:70, 20:45] = 255
    still = AugmentationConfig(brightness_contrast_p=0.0, distortion_p=1.0, affine_p=1.0)
    augment = Augmentation(still)
    augment.reseed(5)
    first = [augment(image, image) for _ in range(5)]
    augment.reseed(5)
    second = [augment(image, image) for _ in range(5)]
    for (a, a_mask, a_mirrored), (b, b_mask, b_mirrored) in zip(first, second, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a_mask, b_mask)
        assert a_mirrored == b_mirrored
        assert ((a > 127) != (a_mask > 127)).mean() < 0.02
    assert len({mirrored for _, _, mirrored in first}) == 2 or len(first) < 3


STILL = {"affine_p": 0.0, "distortion_p": 0.0, "brightness_contrast_p": 0.0}


def transforms_of(config):
    return Augmentation(config)._compose.transforms


def test_every_setting_reaches_its_transform():
    config = AugmentationConfig(
        rotation_deg=7.0,
        scale=0.03,
        shift=0.04,
        affine_p=0.11,
        elastic_alpha=33.0,
        elastic_sigma=5.0,
        grid_steps=3,
        grid_limit=0.21,
        optical_limit=0.17,
        distortion_p=0.22,
        brightness=0.13,
        contrast=0.14,
        brightness_contrast_p=0.33,
        flip_p=0.44,
    )
    rotation, scale, shift, elastic, grid, optical, light = transforms_of(config)
    assert [type(one) for one in (rotation, scale, shift)] == [A.Affine] * 3
    assert rotation.rotate == (-7.0, 7.0)
    assert scale.scale == {"x": (0.97, 1.03), "y": (0.97, 1.03)}
    assert shift.translate_percent == {"x": (-0.04, 0.04), "y": (-0.04, 0.04)}
    assert (elastic.alpha, elastic.sigma) == (33.0, 5.0)
    assert grid.num_steps == 3
    assert grid.distort_limit == (-0.21, 0.21)
    assert optical.distort_limit == (-0.17, 0.17)
    assert light.brightness_limit == (-0.13, 0.13)
    assert light.contrast_limit == (-0.14, 0.14)
    assert [one.p for one in (rotation, scale, shift)] == [0.11] * 3
    assert [one.p for one in (elastic, grid, optical)] == [0.22] * 3
    assert light.p == 0.33
    assert [type(one) for one in (elastic, grid, optical, light)] == [
        A.ElasticTransform,
        A.GridDistortion,
        A.OpticalDistortion,
        A.RandomBrightnessContrast,
    ]


@pytest.mark.parametrize("name", ["rotation_deg", "scale", "shift"])
def test_one_affine_setting_moves_the_image_and_the_others_do_not(name):
    """By behaviour: with all three ranges at nothing an image stays as it is, with one of them it does not."""
    nothing = {"rotation_deg": 0.0, "scale": 0.0, "shift": 0.0}
    image = np.zeros((96, 96), np.uint8)
    image[20:60, 30:50] = 200
    settings = STILL | {"affine_p": 1.0, "flip_p": 0.0}

    def changed(**ranges):
        augment = Augmentation(AugmentationConfig(**(settings | nothing | ranges)))
        augment.reseed(3)
        return not np.array_equal(augment(image, image)[0], image)

    assert not changed()
    assert changed(**{name: 20.0 if name == "rotation_deg" else 0.2})


def test_scale_draws_width_and_height_apart():
    """The mapping says so: a square does not stay one, and neither side changes by more than the setting."""
    augment = Augmentation(AugmentationConfig(**(STILL | {"affine_p": 1.0, "flip_p": 0.0}), rotation_deg=0, shift=0))
    augment.reseed(0)
    square = np.zeros((200, 200), np.uint8)
    square[50:150, 50:150] = 255
    sides = []
    for _ in range(20):
        _x, _y, width, height = cv2.boundingRect(augment(square, square)[1])
        sides.append((width, height))
    assert max(abs(width - height) for width, height in sides) > 5
    assert all(88 <= side <= 112 for pair in sides for side in pair)


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_the_flag_is_true_exactly_when_the_image_was_flipped(probability):
    augment = Augmentation(AugmentationConfig(**STILL, flip_p=probability))
    image = np.arange(64 * 64, dtype=np.uint32).reshape(64, 64).astype(np.uint8)
    image[:, :5] = 255
    mask = np.where(image > 128, 255, 0).astype(np.uint8)
    flags = set()
    for seed in range(30):
        augment.reseed(seed)
        shown, shown_mask, mirrored = augment(image, mask)
        assert np.array_equal(shown, image[:, ::-1] if mirrored else image)
        assert np.array_equal(shown_mask, mask[:, ::-1] if mirrored else mask)
        flags.add(mirrored)
    assert flags == {0.0: {False}, 0.5: {False, True}, 1.0: {True}}[probability]

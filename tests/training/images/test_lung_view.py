import cv2
import numpy as np
import pytest
import torch

from bsnet_core.model.resampling import resample
from training.images.lung_view import plain_frame, random_frame, show

SIDE = 96


def picture():
    image = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(image, (30, 40), 9, 255, -1)
    return image


IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def test_the_plain_view_of_the_identity_is_the_image():
    view = show(picture(), picture(), picture(), IDENTITY, plain_frame(1.0), SIDE)
    np.testing.assert_array_equal(view.image, picture())
    assert view.lungs.shape == view.disease.shape == (SIDE // 4, SIDE // 4)
    np.testing.assert_allclose(view.alignment, IDENTITY)


def test_unknown_disease_stays_unknown():
    assert show(picture(), picture(), None, IDENTITY, plain_frame(1.0), SIDE).disease is None


@pytest.mark.parametrize("seed", range(8))
def test_the_alignment_brings_every_view_back_to_the_aligned_frame(seed):
    pose = np.array([[0.8, 0.1, 0.05], [-0.1, 0.9, -0.02]])
    aligned = resample(torch.from_numpy(picture())[None, None].float(), torch.from_numpy(pose)[None].float())[0, 0]
    view = show(picture(), picture(), None, pose, random_frame(1.3, np.random.default_rng(seed)), 4 * SIDE)
    shown = torch.from_numpy(view.image)[None, None].float()
    back = resample(shown, torch.from_numpy(view.alignment)[None], SIDE)[0, 0]
    inside = resample(torch.ones_like(shown), torch.from_numpy(view.alignment)[None], SIDE)[0, 0] > 0.99
    assert (back - aligned)[inside].abs().mean() < 3
    # The disc is in the view, and not elsewhere.
    assert aligned.argmax() // SIDE == pytest.approx(int(back.argmax() // SIDE), abs=10)


def test_every_second_view_is_mirrored():
    mirrored = [np.linalg.det(random_frame(1.3, np.random.default_rng(seed))[:, :2]) < 0 for seed in range(200)]
    assert 0.4 < np.mean(mirrored) < 0.6

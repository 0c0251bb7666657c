import numpy as np
import pytest
import torch

from training.configuration.sections import CanonicalTarget
from training.images.canonical_alignment import canonical_alignment, lung_centres_angle_deg, principal_angle_deg


def lungs(angle_deg=0.0, scale=1.0):
    import cv2

    mask = np.zeros((200, 200), np.uint8)
    for x in (60, 140):
        cv2.ellipse(mask, (x, 100), (25, 70), 0, 0, 360, 1, -1)
    matrix = cv2.getRotationMatrix2D((99.5, 99.5), -angle_deg, scale)
    return cv2.warpAffine(mask, matrix, (200, 200), flags=cv2.INTER_NEAREST) > 0


@pytest.mark.parametrize("angle", [-20.0, 0.0, 15.0])
def test_the_tilt_of_the_lungs_is_measured(angle):
    assert principal_angle_deg(lungs(angle, 0.8)) == pytest.approx(angle, abs=2)
    assert lung_centres_angle_deg(lungs(angle, 0.8)) == pytest.approx(angle - 2.5, abs=2)


@pytest.mark.parametrize("target", [target for target in CanonicalTarget if target is not CanonicalTarget.ORIGINAL])
def test_canonical_lungs_fill_the_frame_whatever_their_pose(target):
    from bsnet_core.model.resampling import resample

    shown = []
    for angle, scale in ((0, 1.0), (18, 0.7)):
        mask = lungs(angle, scale)
        matrix = torch.from_numpy(canonical_alignment(mask, target)).float()[None]
        shown.append(resample(torch.from_numpy(mask).float()[None, None], matrix)[0, 0].numpy() > 0.5)
    for view in shown:
        rows, columns = np.nonzero(view)
        assert max(rows.min(), columns.min()) < 24
        assert min(rows.max(), columns.max()) > 176
    assert 2 * (shown[0] & shown[1]).sum() / (shown[0].sum() + shown[1].sum()) > 0.93


def test_lungs_that_touch_are_made_upright_by_their_halves():
    apart = lungs(18, 0.7)
    _rows, columns = np.nonzero(apart)
    touching = apart.copy()
    touching[99:102, columns.min() + 20 : columns.max() - 20] = True
    assert lung_centres_angle_deg(touching) == principal_angle_deg(touching)  # one piece: no two centres
    found, requested = (canonical_alignment(mask, CanonicalTarget.HALVES_SPREAD) for mask in (touching, apart))
    assert np.allclose(found, requested, atol=0.02)


def test_an_empty_mask_is_left_where_it_is():
    identity = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    for target in CanonicalTarget:
        assert np.array_equal(canonical_alignment(np.zeros((50, 50), bool), target), identity)

"""The pose of a pair of lungs in closed form."""

import pytest
import torch

from bsnet_core.model.lung_pose import lung_pose
from bsnet_core.model.resampling import resample
from tests.bsnet_core.model.networks import two_lungs


def test_the_closed_form_fills_the_frame_with_the_lungs():
    shown = resample(two_lungs(), lung_pose(two_lungs()))[0, 0] > 0.5
    rows, columns = torch.nonzero(shown, as_tuple=True)
    assert max(rows.min(), columns.min()) <= 12
    assert min(rows.max(), columns.max()) >= 115


def test_a_stray_place_far_from_the_lungs_hardly_moves_their_pose():
    stray = two_lungs()
    stray[..., 2:4, 2:4] = 1
    # A box around all of it would begin 20 cells further up and to the left.
    assert torch.allclose(lung_pose(stray), lung_pose(two_lungs()), atol=0.01)


def test_without_lungs_the_closed_form_is_the_identity():
    nothing = torch.zeros(2, 1, 128, 128)
    assert torch.equal(lung_pose(nothing), torch.eye(2, 3).expand(2, 2, 3))


def test_the_closed_form_has_gradients_that_say_what_more_lung_does():
    lungs = (two_lungs() * 0.9).requires_grad_()
    pose = lung_pose(lungs)
    pose[0, 1, 1].backward()  # how high the frame is in the picture
    change = 0.01 * torch.zeros_like(lungs).index_fill_(2, torch.tensor([21]), 1.0)
    with torch.no_grad():
        found = float((lung_pose(lungs + change) - pose)[0, 1, 1])
    assert found > 0
    assert float((lungs.grad * change).sum()) == pytest.approx(found, rel=0.2)

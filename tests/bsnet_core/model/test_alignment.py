"""The alignment network: its start, and the correction of lungs that the image's edge cuts."""

import torch

from bsnet_core.model.alignment import AlignmentNetwork, PosedAlignment
from bsnet_core.model.lung_pose import lung_pose
from tests.bsnet_core.model.networks import two_lungs


def with_any_correction(seed=0):
    torch.manual_seed(seed)
    network = PosedAlignment(128)
    torch.nn.init.normal_(network.matrix.weight)
    return network


def test_the_alignment_starts_as_the_identity():
    network = AlignmentNetwork(128)
    alignment = network(torch.rand(3, 1, 256, 256))
    assert torch.allclose(alignment, torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]).expand(3, 2, 3))


def test_whole_lungs_keep_the_pose_of_the_closed_form_whatever_the_correction_has_learnt():
    assert torch.allclose(with_any_correction()(two_lungs()), lung_pose(two_lungs()), atol=1e-6)


def test_lungs_that_the_frame_cuts_are_corrected():
    cut = two_lungs(shift=-0.3)
    assert not torch.allclose(with_any_correction()(cut), lung_pose(cut), atol=1e-3)


def test_pooled_lungs_have_the_pose_of_the_lungs_themselves():
    large = two_lungs().repeat_interleave(3, dim=-1).repeat_interleave(3, dim=-2).roll((1, -1), dims=(-2, -1))
    assert torch.allclose(PosedAlignment(128)(large), lung_pose(large), atol=2e-3)

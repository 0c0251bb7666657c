import dataclasses

import numpy as np
import pytest
import torch

from bsnet_core.brixia import ZONES
from bsnet_core.model.alignment import AlignmentNetwork, PosedAlignment
from bsnet_core.model.baseline import Baseline
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.lung_pose import lung_pose
from bsnet_core.model.network_config import Architecture, Attention, BSNetConfig, HeadVariant, SegmentationDecoder
from bsnet_core.model.resampling import resample
from bsnet_core.model.roi_pooling import pool_zones, zone_bands
from bsnet_core.model.weights import build_model

SMALL = BSNetConfig(
    encoder="timm-tf_efficientnet_lite0",
    decoder=SegmentationDecoder.UNET,
    decoder_channels=(32, 16, 16, 8, 8),
    side_px=128,
    alignment_side_px=64,
)


def forward(config, count=2):
    torch.manual_seed(0)
    model = build_model(config).eval()
    with torch.inference_mode():
        return model(torch.rand(count, 1, config.side_px, config.side_px))


def test_the_default_configuration_is_the_papers_with_20_9_million_weights():
    model = BSNet(BSNetConfig(attentions=(Attention.HARD,)))
    heads = sum(parameter.numel() for parameter in model.heads.parameters())
    rest = sum(parameter.numel() for parameter in model.parameters()) - heads
    assert 2 * heads + rest == pytest.approx(20.9e6, rel=0.01)


@pytest.mark.parametrize(
    ("head", "levels"),
    [(head, levels) for head in HeadVariant for levels in (4, 5) if (head, levels) != (HeadVariant.STATISTICS, 5)],
)
def test_every_head_gives_four_class_logits_on_the_grid(head, levels):
    output = forward(dataclasses.replace(SMALL, head=head, levels=levels))
    assert output.lung_logits.shape == (2, 1, 128, 128)
    assert output.alignment.shape == (2, 2, 3)
    assert set(output.zone_logits) == {Attention.HARD, Attention.SOFT}
    for logits in output.zone_logits.values():
        assert logits.shape == (2, 3, 2, 4)
        assert torch.isfinite(logits).all()


@pytest.mark.parametrize(
    "encoder", ["resnet18", "vgg11_bn", "densenet121", "inceptionv4", "efficientnet-b0", "timm-tf_efficientnet_lite0"]
)
@pytest.mark.parametrize("decoder", SegmentationDecoder)
def test_encoders_and_decoders_are_chosen_by_name(encoder, decoder):
    config = dataclasses.replace(SMALL, encoder=encoder, decoder=decoder, head=HeadVariant.BACKBONE)
    assert forward(config, 1).lung_logits.shape == (1, 1, 128, 128)


def test_an_unknown_encoder_is_refused_by_name():
    with pytest.raises(ValueError, match="nonesuch"):
        BSNet(dataclasses.replace(SMALL, encoder="nonesuch"))


def test_the_baseline_scores_without_lungs():
    config = dataclasses.replace(SMALL, architecture=Architecture.BASELINE, encoder="resnet18")
    assert isinstance(build_model(config), Baseline)
    assert forward(config).shape == (2, 3, 2, 4)


def test_the_ensemble_is_the_mean_of_both_heads_probabilities():
    logits = {Attention.HARD: torch.randn(2, 3, 2, 4), Attention.SOFT: torch.randn(2, 3, 2, 4)}
    both = [zone_probabilities(logits, attention) for attention in (Attention.HARD, Attention.SOFT)]
    ensemble = zone_probabilities(logits, Attention.ENSEMBLE)
    assert torch.allclose(ensemble, (both[0] + both[1]) / 2)
    assert torch.allclose(ensemble.sum(-1), torch.ones(2, 3, 2))


def test_a_higher_temperature_softens_without_changing_the_class():
    logits = {Attention.HARD: torch.randn(4, 3, 2, 4)}
    sharp, soft = (zone_probabilities(logits, Attention.HARD, temperature) for temperature in (1.0, 3.0))
    assert (soft.max(-1).values < sharp.max(-1).values).all()
    assert torch.equal(soft.argmax(-1), sharp.argmax(-1))


def test_hard_attention_ignores_what_lies_outside_the_lungs_and_soft_attention_does_not():
    torch.manual_seed(1)
    model = BSNet(dataclasses.replace(SMALL, head=HeadVariant.FPN)).eval()
    features = list(model.encode(torch.rand(1, 1, 128, 128)))
    probability = torch.zeros(1, 1, 128, 128)
    probability[..., 32:96, 32:96] = 1
    identity = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    changed = [level.clone() for level in features]
    for level in changed[-4:]:
        level[..., : level.shape[-2] // 8, :] += 3
    with torch.inference_mode():
        before = model.score(features, probability, identity)
        after = model.score(changed, probability, identity)
    assert torch.allclose(before[Attention.HARD], after[Attention.HARD], atol=1e-5)
    assert not torch.allclose(before[Attention.SOFT], after[Attention.SOFT], atol=1e-5)


def test_a_change_inside_zone_a_reaches_the_upper_left_of_the_grid_alone():
    torch.manual_seed(2)
    model = BSNet(dataclasses.replace(SMALL, head=HeadVariant.FPN, attentions=(Attention.SOFT,))).eval()
    features = list(model.encode(torch.rand(1, 1, 128, 128)))
    probability = torch.ones(1, 1, 128, 128)
    identity = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    changed = [level.clone() for level in features]
    finest = changed[-4]
    finest[..., : finest.shape[-2] // 4, : finest.shape[-1] // 4] += 5
    with torch.inference_mode():
        difference = (
            model.score(features, probability, identity)[Attention.SOFT]
            - model.score(changed, probability, identity)[Attention.SOFT]
        ).abs()
    touched = difference.amax(-1)[0]
    assert touched[0, 0] > 1e-4
    assert touched.flatten()[1:].max() < 1e-5


def test_roi_bands_overlap_as_in_the_paper():
    assert [zone_bands(zone)[0] for zone in ZONES[:3]] == [(0.0, 0.4), (0.3, 0.7), (0.6, 1.0)]
    assert zone_bands(ZONES[3])[1] == (0.5, 1.0)


def test_pooled_zones_are_the_crops_at_the_levels_own_size():
    rows = torch.linspace(0, 1, 41)[:40] + 1 / 80
    level = rows[:, None].expand(40, 40)[None, None]
    pooled = pool_zones(level)
    assert pooled.shape == (6, 1, 1, 40, 40)
    for zone in ZONES:
        (top, bottom), _ = zone_bands(zone)
        assert pooled[zone.value].mean().item() == pytest.approx((top + bottom) / 2, abs=0.01)


def test_the_alignment_starts_as_the_identity():
    network = AlignmentNetwork(128)
    alignment = network(torch.rand(3, 1, 256, 256))
    assert torch.allclose(alignment, torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]).expand(3, 2, 3))


def test_resampling_shifts_by_what_the_matrix_says_and_fills_with_zero():
    maps = torch.zeros(1, 1, 64, 64)
    maps[..., 32, 40] = 1
    shifted = resample(maps, torch.tensor([[[1.0, 0.0, 2 * 8 / 64], [0.0, 1.0, 0.0]]]))
    assert shifted[0, 0, 32, 32] == pytest.approx(1.0)
    assert shifted[..., -8:].abs().max() == 0


def test_a_configuration_survives_json_and_refuses_what_it_does_not_know():
    import json

    config = dataclasses.replace(SMALL, head=HeadVariant.BIFPN, temperature=1.3)
    assert BSNetConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(ValueError, match="colour"):
        BSNetConfig.from_dict({"colour": "red"})
    for wrong in ({"levels": 6}, {"side_px": 100}, {"attentions": ()}, {"temperature": 0.0}, {"attentions": ("ens",)}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            dataclasses.replace(config, **wrong)


def test_the_same_input_gives_the_same_output_whatever_else_is_in_the_batch():
    torch.manual_seed(3)
    model = BSNet(SMALL).eval()
    images = torch.rand(3, 1, 128, 128)
    with torch.inference_mode():
        together = model(images).zone_logits[Attention.HARD].numpy()
        alone = model(images[1:2]).zone_logits[Attention.HARD].numpy()
    assert np.allclose(together[1:2], alone, atol=1e-4)


def two_lungs(shift=0.0):
    """(1, 1, 128, 128), the right lung a little larger, shifted by a share of the side."""
    rows, columns = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    rows = rows - 128 * shift
    lungs = [((rows - 62) / 40) ** 2 + ((columns - x) / w) ** 2 <= 1 for x, w in ((40.0, 19.0), (86.0, 16.0))]
    return (lungs[0] | lungs[1]).float()[None, None]


def with_any_correction(seed=0):
    torch.manual_seed(seed)
    network = PosedAlignment(128)
    torch.nn.init.normal_(network.matrix.weight)
    return network


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


def test_pooled_lungs_have_the_pose_of_the_lungs_themselves():
    large = two_lungs().repeat_interleave(3, dim=-1).repeat_interleave(3, dim=-2).roll((1, -1), dims=(-2, -1))
    assert torch.allclose(PosedAlignment(128)(large), lung_pose(large), atol=2e-3)


def test_whole_lungs_keep_the_pose_of_the_closed_form_whatever_the_correction_has_learnt():
    assert torch.allclose(with_any_correction()(two_lungs()), lung_pose(two_lungs()), atol=1e-6)


def test_lungs_that_the_frame_cuts_are_corrected():
    cut = two_lungs(shift=-0.3)
    assert not torch.allclose(with_any_correction()(cut), lung_pose(cut), atol=1e-3)


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

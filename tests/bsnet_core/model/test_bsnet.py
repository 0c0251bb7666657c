import dataclasses

import numpy as np
import pytest
import torch

from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.network_config import Attention, BSNetConfig, HeadVariant, SegmentationDecoder
from tests.bsnet_core.model.networks import SMALL, forward


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


def test_the_same_input_gives_the_same_output_whatever_else_is_in_the_batch():
    torch.manual_seed(3)
    model = BSNet(SMALL).eval()
    images = torch.rand(3, 1, 128, 128)
    with torch.inference_mode():
        together = model(images).zone_logits[Attention.HARD].numpy()
        alone = model(images[1:2]).zone_logits[Attention.HARD].numpy()
    assert np.allclose(together[1:2], alone, atol=1e-4)

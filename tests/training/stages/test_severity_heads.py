import torch

from training.stages.severity_heads import SeverityHeads

WIDTHS = (4, 6, 8, 10)


def features(seed=0):
    rng = torch.Generator().manual_seed(seed)
    return [torch.rand(2, width, 32 // 2**level, 32 // 2**level, generator=rng) for level, width in enumerate(WIDTHS)]


def lungs(levels):
    return [torch.ones(2, 1, *level.shape[-2:]) for level in levels]


def test_answers_are_by_zone_and_by_place():
    levels = features()
    answers = SeverityHeads(WIDTHS)(levels, levels, lungs(levels))
    assert answers.extent.shape == answers.opacity.shape == answers.presence.shape == (2, 6)
    assert answers.places.shape == (2, 1, 16, 16)


def test_untrained_heads_answer_the_same_everywhere():
    levels = features()
    answers = SeverityHeads(WIDTHS).eval()(levels, levels, lungs(levels))
    torch.testing.assert_close(answers.extent, torch.ones(2, 6))


def test_a_zone_answers_for_its_own_features_alone():
    torch.manual_seed(0)
    heads = SeverityHeads(WIDTHS).eval()
    torch.nn.init.normal_(heads.weight)
    levels = features()
    changed = [level.clone() for level in levels]
    for level in changed:
        side = level.shape[-1]
        level[:, :, : side // 4, : side // 2] += 1  # within zone A
    before = heads(levels, levels, lungs(levels)).extent
    after = heads(changed, changed, lungs(levels)).extent
    moved = (before - after).abs().amax(dim=0) > 1e-5
    assert moved.tolist() == [True, False, False, False, False, False]

import math

import pytest
import torch

from training.stages.severity_heads import SeverityAnswers, SeverityHeads
from training.stages.severity_losses import SeverityLabels, severity_losses, share_of_zones

NAN = float("nan")
UPRIGHT = torch.eye(2, 3)[None]
LUNGS = torch.ones(1, 1, 24, 24)


def labels(**known):
    values = {
        "lungs": torch.full((1, 2, 2), NAN),
        "both": torch.full((1, 2), NAN),
        "is_normal": torch.tensor([False]),
        "disease": torch.zeros(1, 1, 24, 24),
        "disease_weight": torch.zeros(1),
    }
    return SeverityLabels(**(values | known))


def answers(extent=1.0, opacity=1.0, presence=0.0, places=0.0):
    zones = torch.ones(1, 6)
    return SeverityAnswers(extent * zones, opacity * zones, presence * zones, torch.full((1, 1, 24, 24), places))


def losses(given, known):
    found = severity_losses(SeverityHeads((4, 4, 4, 4)), given, known, LUNGS, UPRIGHT)
    return {name: float(loss.detach()) for name, loss in found.items()}


def test_what_is_not_known_costs_nothing():
    assert losses(answers(), labels()) == dict.fromkeys(("lungs", "share", "both", "normal", "places", "zones"), 0.0)


def test_lung_scores_are_compared_with_the_mean_over_the_lungs_zones():
    zones = torch.tensor([[0.0, 1.0, 2.0, 4.0, 4.0, 4.0]])
    given = SeverityAnswers(zones, zones, torch.zeros(1, 6), torch.full((1, 1, 24, 24), -9.0))
    exact = torch.tensor([[[1.0, 1.0], [4.0, 4.0]]])
    assert losses(given, labels(lungs=exact))["lungs"] == pytest.approx(0, abs=1e-6)
    assert losses(given, labels(lungs=exact + 1))["lungs"] > 0.5


@pytest.mark.parametrize(("extent", "share"), [(0, 0.02), (1, 0.125), (2, 0.3), (4, 0.97)])
def test_an_extent_leaves_its_quarter_of_the_share_open(extent, share):
    logit = math.log(share / (1 - share))
    known = labels(lungs=torch.full((1, 2, 2), float(extent)))
    assert losses(answers(places=logit), known)["share"] == 0
    assert losses(answers(places=4.0 if extent < 3 else -4.0), known)["share"] > 0.5


def test_normal_images_pull_every_zone_to_nothing():
    known = labels(is_normal=torch.tensor([True]))
    assert losses(answers(extent=0, opacity=0), known)["normal"] == 0
    assert losses(answers(extent=2, opacity=0), known)["normal"] > 1


def test_outlines_are_learnt_by_place_and_by_zone():
    disease = torch.zeros(1, 1, 24, 24)
    disease[:, :, :8, :12] = 1  # zone A as a whole
    known = labels(disease=disease, disease_weight=torch.ones(1))
    right = torch.full((1, 1, 24, 24), -8.0)
    right[disease > 0] = 8.0
    presence = torch.tensor([[8.0, -8, -8, -8, -8, -8]])
    found = losses(SeverityAnswers(torch.ones(1, 6), torch.ones(1, 6), presence, right), known)
    wrong = losses(SeverityAnswers(torch.ones(1, 6), torch.ones(1, 6), -presence, -right), known)
    assert found["places"] < 0.01 < 5 < wrong["places"]
    assert found["zones"] < 0.01 < 5 < wrong["zones"]


def test_a_zone_outlined_in_small_part_is_not_asked():
    disease = torch.zeros(1, 1, 24, 24)
    disease[:, :, :4, :3] = 1  # an eighth of zone A
    known = labels(disease=disease, disease_weight=torch.ones(1))
    asked = SeverityAnswers(torch.ones(1, 6), torch.ones(1, 6), torch.tensor([[9.0, -9, -9, -9, -9, -9]]), LUNGS)
    assert losses(asked, known)["zones"] < 0.01


def test_shares_are_of_the_lungs_of_each_zone():
    part = torch.zeros(1, 1, 24, 24)
    part[:, :, 16:, 12:18] = 1  # half of zone F
    shares, lungs = share_of_zones(part, LUNGS, UPRIGHT)
    assert shares[0].tolist() == pytest.approx([0, 0, 0, 0, 0, 0.45], abs=0.06)  # zones overlap a little
    assert lungs[0].tolist() == pytest.approx([1.0] * 6, abs=0.05)

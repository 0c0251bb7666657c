"""The change of a score since the prior image."""

from dataclasses import replace

from app.session.score_change import change_between
from bsnet_core.brixia import Zone
from tests.app.predictions import analysed


def test_the_change_is_current_minus_prior_zone_by_zone():
    change = change_between(analysed("012321"), analysed("112300"))
    assert dict(change.zones) == {Zone.A: 1, Zone.B: 0, Zone.C: 0, Zone.D: 0, Zone.E: -2, Zone.F: -1}
    assert change.total == -2


def test_a_score_whose_maps_are_no_longer_in_memory_counts():
    assert change_between(replace(analysed("000000"), prediction=None), analysed("000001")).total == 1


def test_there_is_none_without_both_scores_or_between_models():
    hidden = analysed().without_prediction()
    assert change_between(hidden, analysed()) is None
    assert change_between(analysed(), hidden) is None
    other = analysed()
    model = replace(other.prediction.model, sha256="f" * 64)
    assert change_between(replace(other, prediction=replace(other.prediction, model=model)), analysed()) is None

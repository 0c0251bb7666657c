"""The model folder and its card."""

import pytest

from bsnet_core.errors import WeightsError
from bsnet_core.model.card import default_model_dir, load_card
from bsnet_core.model.weights import load_model


def test_a_missing_model_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("bsnet_core.model.card.resources_dir", lambda: tmp_path)
    with pytest.raises(WeightsError, match="no model"):
        default_model_dir()


def test_the_shipped_card_states_data_licence_and_held_out_figures():
    card = load_card(default_model_dir())
    measured = card.metrics["cross_validation"]
    readers = measured["readers"]
    ours, floor = (readers[name]["zones"]["mean_absolute_error"] for name in ("ha", "median_floor"))
    assert measured["repeats"] >= 3
    assert measured["folds"] >= 5
    assert ours <= 0.55
    assert ours < floor
    assert readers["second_radiologist"]["zones"]["mean_absolute_error"] < ours
    assert "Research use" in card.licence
    # The trunk was not trained on these patients; the heads were, so scores are cross-validated only.
    assert card.metrics["measured_on"].startswith("masks of the scored patients, not used in training")
    assert card.metrics["lungs"]["dice"]["mean"] >= 0.94
    rivals = ("do_nothing_dice", "closed_form_dice", "learned_dice")
    alignment = [card.metrics["alignment"][rival]["mean"] for rival in rivals]
    assert 0 < alignment[0] < alignment[1] < alignment[2] < 1
    assert "scores" not in card.metrics


def test_the_shipped_card_states_what_the_interval_of_the_global_score_covers():
    card = load_card(default_model_dir())
    interval = card.metrics["cross_validation"]["calibration"]["global_interval"]
    assert 0.87 <= interval["coverage"] <= 0.93
    assert card.config.common_error == interval["common_error"]
    load_model(default_model_dir())

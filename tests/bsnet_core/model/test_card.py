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
    assert measured["lungs"]["dice"]["mean"] >= 0.94
    alignment = [
        measured["alignment"][rival]["mean"] for rival in ("do_nothing_dice", "closed_form_dice", "learned_dice")
    ]
    assert 0 < alignment[0] < alignment[1] < alignment[2] < 1
    # What was trained on says nothing: such figures stand nowhere.
    assert card.metrics["measured_on"] == "no patients were kept back"
    assert not card.metrics.keys() & {"lungs", "alignment", "scores"}
    load_model(default_model_dir())

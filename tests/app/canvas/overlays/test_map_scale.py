from dataclasses import replace

import numpy as np
import pytest

from app.canvas.overlays.map_scale import (
    FAINTEST,
    SHORTEST_SCALE,
    WHOLE_MAP,
    MapColours,
    MapView,
    describe_choice,
    describe_strength,
    placed_strength,
)
from bsnet_core.brixia import Zone
from bsnet_core.explanation import Masking
from tests.app.predictions import explanation, prediction


def with_changes(changes):
    """Super-pixel, row, column: by how much masking lowers the probability of 3, and raises that of 0."""
    made = explanation({})
    for (number, row, column), change in changes.items():
        made.contributions[number, row, column] = change, 0, 0, -change
    return made


def test_the_scale_reaches_to_the_image_s_own_strongest_region_so_that_regions_can_be_ranked():
    made = with_changes({(5, 0, 0): 0.02, (10, 2, 1): 0.3})
    placed = placed_strength(made, prediction("300003"), WHOLE_MAP)
    assert placed.full == pytest.approx(0.9)  # expected score: 3 times 0.3
    assert placed.strength[20, 20] == pytest.approx(0.06)
    assert placed.strength[40, 40] == pytest.approx(0.9)
    classes = placed_strength(made, prediction("300003"), MapView(colours=MapColours.CLASSES))
    assert classes.full == pytest.approx(0.3)


def test_the_scale_stays_the_same_whichever_zone_is_shown():
    made = with_changes({(5, 0, 0): 0.02, (10, 2, 1): 0.3})
    for view in (MapView((Zone.A,)), MapView(chosen=Zone.A), MapView(chosen=Zone.F)):
        assert placed_strength(made, prediction("300003"), view).full == pytest.approx(0.9)


def test_a_zone_scored_0_that_is_asked_about_has_a_scale_of_its_own():
    made = with_changes({(5, 0, 0): 0.02, (10, 2, 1): 0.3})
    asked = placed_strength(made, prediction("000003"), MapView(chosen=Zone.A, asks_for_one=True))
    assert asked.full == pytest.approx(0.06)


def test_next_to_nothing_does_not_become_a_strong_colour_by_being_the_strongest():
    placed = placed_strength(with_changes({(5, 0, 0): 0.0001}), prediction("300000"), WHOLE_MAP)
    assert placed.full == pytest.approx(SHORTEST_SCALE * FAINTEST)
    assert placed.strength.max() < placed.faintest


def test_an_effect_on_another_zone_does_not_set_the_scale():
    made = with_changes({(5, 0, 0): 0.02, (5, 2, 1): 0.5})
    assert placed_strength(made, prediction("300003"), WHOLE_MAP).full == pytest.approx(0.06)


def test_a_piece_of_the_lung_mask_that_is_not_outlined_has_no_colour():
    result = prediction("300003")
    lungs = result.lung_probability.copy()
    lungs[56:62, 40:56] = 1.0  # below both lungs, as gas in the stomach
    labels = explanation({}).superpixels
    made = with_changes({(10, 2, 1): 0.1, (int(labels[58, 42]), 2, 1): 0.3})
    placed = placed_strength(made, replace(result, lung_probability=lungs), MapView(chosen=Zone.F))
    assert placed.strength[58, 42] == 0
    assert not placed.can_be_coloured[58, 42]
    assert placed.strength[40, 40] > 0


def test_of_evidence_it_is_the_part_of_the_score():
    evidence = np.zeros((16, 3, 2), dtype=np.float32)
    evidence[5, 0, 0] = 0.4
    made = replace(explanation({}), masking=Masking.EVIDENCE, evidence=evidence)
    assert placed_strength(made, prediction("300000"), WHOLE_MAP).full == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("masking", "colours", "said"),
    [
        (Masking.EVIDENCE, MapColours.SEVERITY, "accounts for up to 0.25 of a zone's score"),
        (Masking.EVIDENCE, MapColours.CLASSES, "accounts for 0.25 of a zone's score"),
        (Masking.BLACK, MapColours.SEVERITY, "expected score is up to 0.25 lower"),
        (Masking.BLACK, MapColours.CLASSES, "lowers the probability by 25.0 percentage points"),
    ],
)
def test_the_meaning_of_full_colour_is_said_in_words(masking, colours, said):
    assert said in describe_strength(masking, colours, 0.25)


def test_a_chosen_zone_says_what_is_shown():
    result = prediction("010000")
    assert describe_choice(WHOLE_MAP, result) == ""
    assert "striped" in describe_choice(MapView(chosen=Zone.B), result)
    assert "scored 0: no region has a colour" in describe_choice(MapView(chosen=Zone.A), result)
    asked = describe_choice(MapView(chosen=Zone.A, asks_for_one=True), result)
    assert "scored 0" in asked
    assert "make it 1" in asked

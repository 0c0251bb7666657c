import dataclasses

import numpy as np

from bsnet_core.inference.lung_fragments import without_fragments
from tests.app.predictions import prediction

SIDE = 100


def lungs(*boxes):
    """Probability 0.9 in boxes of top, left, bottom and right, 0.1 elsewhere."""
    found = np.full((SIDE, SIDE), 0.1, dtype=np.float32)
    for top, left, bottom, right in boxes:
        found[top:bottom, left:right] = 0.9
    return found


RIGHT, LEFT = (20, 10, 70, 40), (20, 60, 70, 90)


def test_two_lungs_stay_as_they_are():
    found = lungs(RIGHT, LEFT)
    assert without_fragments(found) == (found, 0)


def test_a_piece_away_from_both_lungs_is_left_out_and_counted():
    cleaned, count = without_fragments(lungs(RIGHT, LEFT, (85, 60, 97, 80)))
    assert count == 1
    assert np.array_equal(cleaned >= 0.5, lungs(RIGHT, LEFT) >= 0.5)


def test_a_part_of_a_lung_cut_off_by_a_device_stays():
    _, count = without_fragments(lungs(RIGHT, (20, 60, 60, 90), (62, 60, 70, 90)))
    assert count == 0


def test_small_pieces_are_left_out_and_not_counted():
    cleaned, count = without_fragments(lungs(RIGHT, LEFT, (40, 48, 45, 52), (5, 5, 7, 7)))
    assert count == 0
    assert np.array_equal(cleaned >= 0.5, lungs(RIGHT, LEFT) >= 0.5)


def test_a_second_lung_far_from_the_first_is_no_fragment():
    _, count = without_fragments(lungs((5, 2, 50, 30), (60, 75, 98, 98)))
    assert count == 0


def test_a_mask_of_small_pieces_alone_stays_as_it_is():
    found = lungs(*((top, left, top + 3, left + 3) for top in range(0, 80, 10) for left in range(0, 80, 10)))
    assert without_fragments(found) == (found, 0)


def test_no_lungs_have_no_fragments():
    assert without_fragments(lungs())[1] == 0


def test_the_mask_of_a_prediction_lacks_the_fragments_its_probability_has():
    whole = prediction()
    probability = whole.lung_probability.copy()
    probability[60:63, 2:8] = 1.0
    spotted = dataclasses.replace(whole, lung_probability=probability)
    assert np.array_equal(spotted.lung_mask, whole.lung_mask)

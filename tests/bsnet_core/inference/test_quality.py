"""Notes on what looks wrong."""

import numpy as np

from bsnet_core.frames import Aspect, Frames
from bsnet_core.inference.quality import lungs_are_missing, quality_notes

FRAMES = Frames.fit((800, 800), 128, Aspect.STRETCH)


SURE = np.tile(np.array([0.9, 0.1, 0.0, 0.0], np.float32), (3, 2, 1))


def lungs(*boxes):
    probability = np.zeros((128, 128), np.float32)
    for top, bottom, left, right in boxes:
        probability[top:bottom, left:right] = 1
    return probability


TWO = lungs((20, 110, 15, 55), (20, 110, 75, 115))


def notes(probability=TWO, frames=FRAMES, zones=SURE, blank_share=0.0):
    return " ".join(quality_notes(probability, frames, zones, blank_share=blank_share))


def test_two_good_lungs_need_no_note():
    assert notes() == ""


def test_each_fault_has_its_own_note():
    angle = np.radians(45)
    turned = FRAMES.with_alignment([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    unsure = SURE.copy()
    unsure[1, 1] = [0.3, 0.3, 0.35, 0.05]
    assert "only 4%" in notes(lungs((20, 50, 20, 32), (20, 50, 80, 90)))
    assert "91%" in notes(lungs((0, 128, 0, 58), (0, 128, 70, 128)))
    assert "3 large pieces" in notes(lungs((20, 60, 15, 55), (70, 110, 15, 55), (20, 110, 75, 115)))
    assert "Only one lung" in notes(lungs((20, 110, 15, 55)))
    assert "45°" in notes(frames=turned)
    assert "small" in notes(frames=Frames.fit((160, 190), 128, Aspect.STRETCH))
    assert "empty" in notes(blank_share=0.7)
    assert "zone E" in notes(zones=unsure)


def test_two_lungs_that_touch_each_other_need_no_note():
    assert notes(lungs((20, 110, 15, 115))) == ""
    assert notes(lungs((20, 110, 15, 115), (112, 120, 60, 90))) == ""


def test_a_lung_much_smaller_than_the_other_has_a_note_whatever_the_image_s_shape():
    wide = Frames.fit((400, 800), 128, Aspect.STRETCH)
    one = lungs((10, 118, 10, 45), (30, 50, 75, 95))
    assert "Only one lung" in notes(one)
    assert "Only one lung" in notes(one, wide)
    assert notes(lungs((30, 100, 10, 60), (30, 40, 75, 85)), wide) == ""  # as wide as high: two lungs, and a fragment


def test_a_small_third_piece_is_worth_no_note():
    assert notes(lungs((20, 95, 15, 55), (20, 110, 75, 115), (98, 110, 15, 40))) == ""


def test_a_large_piece_away_from_the_lungs_is_counted_and_said_not_to_be_drawn():
    away = lungs((20, 80, 15, 55), (20, 80, 75, 115), (100, 125, 60, 90))
    assert "3 large pieces" in notes(away)
    assert "1 of them, away from the lungs, is not drawn." in notes(away)
    assert "not drawn" not in notes(lungs((20, 60, 15, 55), (70, 110, 15, 55), (20, 110, 75, 115)))


def test_missing_lungs_are_noticed():
    assert lungs_are_missing(lungs((0, 5, 0, 5)), FRAMES)
    assert not lungs_are_missing(TWO, FRAMES)

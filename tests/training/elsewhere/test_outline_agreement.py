import numpy as np
import pytest

from bsnet_core.frames import Aspect, Frames
from training.elsewhere.outline_agreement import in_network_frame, lesion_auroc, weight_inside


def test_an_outline_keeps_its_place_in_the_network_image():
    outline = np.zeros((100, 200), bool)
    outline[:50, 150:] = True  # the right quarter of the upper half
    stretched = in_network_frame(outline, Frames.fit((100, 200), 40, Aspect.STRETCH))
    expected = np.zeros((40, 40), bool)
    expected[:20, 30:] = True
    assert (stretched == expected).all()
    kept = in_network_frame(outline, Frames.fit((100, 200), 40, Aspect.KEEP))
    assert kept[10:20, 30:].all()
    assert kept.sum() == 100


def test_only_positive_weight_counts():
    shown = np.array([[1, -5], [3, 0]], np.float32)
    assert weight_inside(shown, np.array([[True, True], [False, False]])) == pytest.approx(0.25)
    assert np.isnan(weight_inside(-shown.clip(0), np.ones((2, 2), bool)))


def test_only_pixels_of_the_lungs_are_ranked():
    shown = np.array([[1, 2, 3, 4, 100]], np.float32)
    lungs = np.array([[True, True, True, True, False]])
    assert lesion_auroc(shown, lungs, np.array([[False, True, False, True, False]])) == 0.75
    assert np.isnan(lesion_auroc(shown, lungs, np.zeros((1, 5), bool)))

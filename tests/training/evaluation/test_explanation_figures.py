import math

import numpy as np
import pytest

from bsnet_core.agreement import grouped_bootstrap_interval
from training.evaluation.explanation_figures import differences, mean_curves, summary, table
from training.evaluation.explanation_measures import MEASURES, STEPS, Measured


def measured(image, method="Grad-CAM", height=0.5, **values):
    curves = dict.fromkeys(("deletion", "insertion"), (height,) * (STEPS + 1))
    return Measured(image, "A", 1, method, dict.fromkeys(MEASURES, 0.5) | values, curves)


def test_means_leave_out_images_without_a_number():
    results = [measured(image, share_in_zone=share) for image, share in (("a", 0.2), ("b", math.nan), ("c", 0.4))]
    assert summary(results)["Grad-CAM"]["share_in_zone"] == pytest.approx(0.3)
    assert "3 images" in table(results)


def test_mean_curves_are_kept_by_method():
    results = [measured("a", height=0.2), measured("b", height=0.4), measured("a", "SLIC", height=0.9)]
    kept = mean_curves(results)
    assert kept["Grad-CAM"]["deletion"] == pytest.approx([0.3] * (STEPS + 1))
    assert kept["SLIC"]["insertion"] == pytest.approx([0.9] * (STEPS + 1))


def test_the_first_map_is_compared_with_every_other_one_image_by_image_with_intervals():
    of_first, of_other = (0.1, 0.5, 0.4, 0.9), (0.3, 0.4, 0.7, math.nan)
    results = [measured(str(image), "quickshift (fast)", deletion_auc=value) for image, value in enumerate(of_first)]
    # In another order and with an image that only it has: pairs are found by image.
    results += [measured(str(image), "SLIC (fast)", deletion_auc=of_other[image]) for image in (3, 2, 1, 0)]
    results += [measured("alone", "SLIC (fast)", deletion_auc=9.0)]
    results += [measured("0", "Grad-CAM", pointing=0.0)]
    compared = differences(results)
    assert list(compared) == ["SLIC (fast)", "Grad-CAM"]
    found = compared["SLIC (fast)"]["deletion_auc"]
    values = [-0.2, 0.1, -0.3]
    assert found.mean == pytest.approx(np.mean(values))
    assert found.interval_95 == pytest.approx(grouped_bootstrap_interval(values, [0, 1, 2]))
    assert found.interval_95[0] < found.mean < found.interval_95[1]
    assert found.images == 3
    # One image says nothing about others.
    assert (compared["Grad-CAM"]["pointing"].mean, compared["Grad-CAM"]["pointing"].interval_95) == (0.5, None)
    low, high = found.interval_95
    assert f"deletion_auc      -0.133 ({low:.3f} to {high:.3f})" in table(results)
    assert "0.500 (too few images)" in table(results)

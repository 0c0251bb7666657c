"""A map that grows: the order of its super-pixels, and the time that is left."""

import pytest

from bsnet_core.explanation import superpixels_of
from bsnet_core.explanation.maps.growing_map import describe_progress, most_promising_first, touching_lungs


def test_the_most_promising_superpixels_come_first(sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    order = most_promising_first(labels, sample_prediction)
    assert sorted(order) == list(range(int(labels.max()) + 1))
    near = set(touching_lungs(labels, sample_prediction))
    assert set(order[: len(near)]) == near


@pytest.mark.parametrize(
    ("left_s", "said"),
    [(0.0, ""), (2.9, ""), (3.2, ", about 4 s left"), (41.0, ", about 50 s left"), (91.0, ", about 2 min left")],
)
def test_the_time_left_is_said_once_it_is_known_and_worth_it(left_s, said):
    assert describe_progress(24, 200, left_s) == f"Masking region 25 of 200{said}"

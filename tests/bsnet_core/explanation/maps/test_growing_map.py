"""A map that grows: the order of its super-pixels."""

from bsnet_core.explanation import superpixels_of
from bsnet_core.explanation.maps.growing_map import most_promising_first, touching_lungs


def test_the_most_promising_superpixels_come_first(sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    order = most_promising_first(labels, sample_prediction)
    assert sorted(order) == list(range(int(labels.max()) + 1))
    near = set(touching_lungs(labels, sample_prediction))
    assert set(order[: len(near)]) == near

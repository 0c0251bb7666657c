import numpy as np

from training.cross_validation.reliability_diagram import reliability_image


def test_the_reliability_image_shows_each_curve_where_its_points_are():
    def figures(accuracy):
        return {"ece": 0.1, "bins": [{"confidence": c, "accuracy": accuracy, "count": 10} for c in (0.3, 0.9)]}

    def drawn(as_trained, tempered):
        calibration = {"as_trained": figures(as_trained), "tempered": figures(tempered), "temperature": 1.5}
        return reliability_image(calibration)

    one, other = drawn(0.5, 0.5), drawn(0.5, 0.2)
    assert one.shape == other.shape
    assert one.dtype == np.uint8
    differing = np.nonzero((one != other).any(axis=-1))[0]
    assert 0 < len(differing) < one[..., 0].size / 10
    assert np.array_equal(one, drawn(0.5, 0.5))

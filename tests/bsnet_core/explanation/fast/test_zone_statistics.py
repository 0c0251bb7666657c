"""Zone statistics of changed features against whole maps."""

from dataclasses import replace

import numpy as np
import pytest

from bsnet_core.explanation import superpixels_of
from bsnet_core.explanation.fast.approximations import NONE, Lungs
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from tests.bsnet_core.explanation.small_networks import FULL_PRECISION, TOLERANCE, small_predictor


@pytest.mark.parametrize("attentions", [("ha",), ("sa",), ("ha", "sa")])
def test_zone_statistics_are_exact_while_the_lungs_are_frozen(tmp_path, attentions):
    """Windows of changed features, seen through a turned alignment, against whole maps."""
    predictor = small_predictor(tmp_path, head="statistics", attentions=attentions, side_px=128, temperature=1.0)
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    some = np.arange(0, len(np.unique(superpixels_of(prediction.network_image))), 11)
    frozen, whole = replace(FULL_PRECISION, lungs=Lungs.FROZEN), replace(NONE, lungs=Lungs.FROZEN)
    found, expected = (
        explain_fast(predictor, prediction, approximations=way, only=some).contributions[some]
        for way in (frozen, whole)
    )
    assert np.abs(expected).max() > 1e-3
    assert np.allclose(found, expected, atol=TOLERANCE)

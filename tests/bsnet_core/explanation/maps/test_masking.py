"""Super-pixels masked in batches."""

import numpy as np
import pytest

from bsnet_core.explanation import Mode, explain


@pytest.mark.parametrize("mode", Mode)
def test_pictures_in_batches_as_on_a_gpu_give_the_same_map(small, prediction, explained, monkeypatch, mode):
    monkeypatch.setattr("bsnet_core.explanation.maps.masking.batch_size", lambda predictor: 5)
    # The network runs whole.
    monkeypatch.setattr("bsnet_core.explanation.fast.fast_map.traced_network_of", lambda model: None)
    batched = explain(small, prediction, mode=mode)
    assert batched.is_whole
    assert np.allclose(batched.contributions, explained.contributions, atol=1e-5)

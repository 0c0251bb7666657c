import numpy as np
import pytest
import torch

from bsnet_core.brixia import BrixiaScore
from training.datasets.sample import OpacityReading, Sample
from training.stages.losses import expected_total
from training.stages.opacity_fit import OpacityFit


def test_extent_and_opacity_tell_the_global_score_of_images_without_zones(make_config, tmp_path):
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(20):
        extent = float(rng.integers(0, 9))
        zones = [min(3, round(extent / 8 * 3))] * 6
        samples.append(
            Sample(
                tmp_path / "x", "p", score=BrixiaScore.from_values(zones), opacity=OpacityReading(extent, extent / 2)
            )
        )
    fit = OpacityFit.over(samples)
    assert fit.total(OpacityReading(8, 4)) == pytest.approx(18, abs=1.5)
    assert fit.total(OpacityReading(0, 0)) == pytest.approx(0, abs=1.5)
    assert OpacityFit.over(samples[:9]) is None
    logits = torch.zeros(1, 3, 2, 4, requires_grad=True)
    assert expected_total(logits).item() == pytest.approx(9)
    expected_total(logits).sum().backward()
    assert (logits.grad[..., 3] > 0).all()

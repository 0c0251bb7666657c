from pathlib import Path

import numpy as np

from training.datasets.sample import Sample
from training.elsewhere.normal_figures import measures


def test_normal_images_should_have_no_score(answered):
    samples = [Sample(Path(str(number)), f"p{number}", no_finding=True) for number in range(4)]
    found = {
        measure.name: measure.statistic(np.arange(4))
        for measure in measures(answered(samples, ["000000", "001000", "111100", "222222"]))
    }
    assert list(found.values()) == [2.5, 0.5, 0.25, 4.25, (1 + 4 + 6) / 24, 0.25]

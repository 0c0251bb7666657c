from pathlib import Path

import numpy as np
import pytest

from training.datasets.peer_predictions import PeerPredictions
from training.datasets.sample import Sample, SeverityReading
from training.elsewhere.cohen_figures import measures, others
from training.elsewhere.severity_link import SeverityLink

LINK = SeverityLink(per_extent=1.0, per_opacity=1.0, start=0.0)
SAMPLES = [
    Sample(Path("0"), "a", severity=SeverityReading(1, 0.5)),
    Sample(
        Path("1"),
        "b",
        severity=SeverityReading(4, 3),
        peers=PeerPredictions(authors_probabilities=((0, 1.0, 0, 0),) * 6),
    ),
    Sample(Path("2"), "c", severity=SeverityReading(6, 4)),
]


def test_agreement_with_extent_opacity_and_the_links_global_score(answered):
    found = [
        measure.statistic(np.arange(3)) for measure in measures(answered(SAMPLES, ["100000", "211000", "222000"]), LINK)
    ]
    assert found[0] == pytest.approx(np.corrcoef([1, 4, 6], [1, 4, 6])[0, 1])
    assert found[1] == pytest.approx(np.corrcoef([1, 4, 6], [0.5, 3, 4])[0, 1])
    assert found[2] == pytest.approx(np.mean([1 - 1.5, 4 - 7, 6 - 10]))
    assert found[3] == 0  # 1.5 is rounded to 2


def test_the_authors_network_is_measured_where_its_answers_are_known():
    ((who, extent), _opacity, (_, bias)) = others(SAMPLES, LINK)
    assert (who, extent.images, bias.images) == ("authors' network", 1, 1)
    assert bias.statistic(np.arange(1)) == pytest.approx(6 - 7)

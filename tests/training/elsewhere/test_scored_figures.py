from pathlib import Path

import numpy as np
import pytest

from bsnet_core.brixia import BrixiaScore
from training.datasets.peer_predictions import PeerPredictions
from training.datasets.sample import Sample, SeverityReading
from training.elsewhere.scored_figures import measures, others


def scored(number, senior, junior):
    return Sample(
        Path(f"{number}.jpg"),
        f"cohen-{number}",
        score=BrixiaScore.from_text(senior),
        second_score=BrixiaScore.from_text(junior),
        severity=SeverityReading(number % 5, number % 3),
        peers=PeerPredictions(authors_probabilities=((0, 0.2, 0.8, 0),) * 6) if number == 0 else None,
    )


SAMPLES = [scored(number, "112233" if number % 2 else "000111", "112230") for number in range(12)]


def value(measure):
    return measure.statistic(np.arange(len(measure.patients)))


def test_errors_against_the_senior_over_all_repeats(answered):
    two = answered([SAMPLES[0], SAMPLES[1], SAMPLES[0], SAMPLES[1]], ["000111", "112230", "000110", "112233"])
    zones, whole, bias, r, ece, interval = measures(two)
    assert zones.images == 2  # each in two repeats
    assert value(zones) == pytest.approx((0 + 3 + 1 + 0) / 24)
    assert value(whole) == pytest.approx((0 + 3 + 1 + 0) / 4)
    assert value(bias) == pytest.approx(-1)
    assert value(r) == pytest.approx(np.corrcoef([3, 9, 2, 12], [3, 12, 3, 12])[0, 1])
    assert value(ece) == pytest.approx(2 / 24)
    assert value(interval) == 0.5


def test_people_and_the_authors_network_stand_beside():
    by = {(who, measure.name): measure for who, measure in others(SAMPLES)}
    assert value(by["second radiologist", "MAE of the zones"]) == pytest.approx((8 + 3) / 12)
    assert by["authors' network", "MAE of the zones"].images == 1
    assert value(by["authors' network", "MAE of the global score"]) == 12 - 3
    assert by["three radiologists' extent and opacity, by the link", "MAE of the global score"].images == 12

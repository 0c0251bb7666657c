"""Extent and opacity of a lung as a mean zone score."""

from pathlib import Path

import numpy as np
import pytest

from bsnet_core.brixia import BrixiaScore
from training.datasets.lung_scores import LungScore, LungScores
from training.datasets.sample import Sample, SeverityReading
from training.stages.lung_link import LungLink

RIGHT, LEFT = LungScore(extent=3, opacity=2), LungScore(extent=0, opacity=0)


def read_twice(count):
    """Images of which the global score is 1.5 times the extent plus half the opacity."""
    pairs = [(extent, opacity) for extent in range(0, 9, 2) for opacity in range(0, 9, 2)][:count]
    totals = [round(1.5 * extent + 0.5 * opacity) for extent, opacity in pairs]
    return [
        Sample(
            Path(f"{number}.png"),
            f"patient-{number}",
            score=BrixiaScore.from_values(np.diff(np.linspace(0, total, 7).round()).astype(int)),
            severity=SeverityReading(float(extent), float(opacity)),
        )
        for number, ((extent, opacity), total) in enumerate(zip(pairs, totals, strict=True))
    ]


def test_a_lung_takes_half_of_both_and_its_three_zones_share_it():
    link = LungLink.over(read_twice(25))
    assert link is not None
    assert (link.extent, link.opacity, link.intercept) == pytest.approx((0.5, 1 / 6, 0), abs=0.02)
    sample = Sample(Path("a.png"), "a", lung_scores=(LungScores(RIGHT, LEFT), LungScores(RIGHT, LEFT)))
    on_left, on_right = link.mean_scores(sample, mirrored=False)
    assert (on_left, on_right) == pytest.approx((1.5 + 1 / 3, 0), abs=0.05)
    assert link.mean_scores(sample, mirrored=True) == (on_right, on_left)


def test_a_mean_score_stays_within_the_scale():
    link = LungLink(extent=2.0, opacity=2.0, intercept=-1.0)
    sample = Sample(Path("a.png"), "a", lung_scores=(LungScores(LungScore(4, 4), LEFT),))
    assert link.mean_scores(sample, mirrored=False) == (3.0, 0.0)


def test_without_ten_images_on_both_scales_there_is_no_link():
    assert LungLink.over(read_twice(9)) is None

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from bsnet_core.brixia import BrixiaScore
from training.datasets.sample import DataSetError, Sample, SeverityReading
from training.elsewhere.severity_link import SeverityLink, link_errors, link_of


def test_an_exact_plane_is_found_again():
    extent, opacity = np.random.default_rng(0).uniform(0, 4, (2, 30))
    link = SeverityLink.fit(extent, opacity, 1.5 * extent + 0.5 * opacity + 1)
    assert dataclasses.astuple(link) == pytest.approx((1.5, 0.5, 1))
    assert link.global_score([0, 2], [0, 2]) == pytest.approx([1, 5])


def test_the_link_never_falls_and_stays_a_global_score():
    link = SeverityLink.fit([0, 1, 2, 3], [3, 2, 1, 0], [9, 6, 3, 0])
    assert min(dataclasses.astuple(link)) >= 0
    assert SeverityLink(3, 3, 2).global_score([8], [8]) == [18]


def cohen(count):
    samples = []
    for number in range(count):
        level = number % 4
        samples.append(
            Sample(
                Path(f"{number}.jpg"),
                f"cohen-{number // 2}",
                score=BrixiaScore.from_values([level] * 6),
                severity=SeverityReading(2.0 * level, 1.0 * level),
            )
        )
    return [*samples, Sample(Path("x.jpg"), "cohen-x", severity=SeverityReading(8, 8))]


def test_the_link_is_fitted_on_images_with_both_and_its_error_is_that_of_other_patients():
    link = link_of(cohen(12))
    assert link.global_score([6], [3]) == pytest.approx([18])
    errors, patients = link_errors(cohen(12))
    assert len(errors) == len(patients) == 12
    assert np.abs(errors).max() < 1e-6
    assert patients[:3] == ["cohen-0", "cohen-0", "cohen-1"]


def test_too_few_images_with_both_are_told():
    with pytest.raises(DataSetError, match="9 images of the Cohen collection"):
        link_of(cohen(9))

from pathlib import Path

import numpy as np
import pytest

from tests.training.elsewhere.conftest import certain
from training.datasets.lung_scores import LungScore, LungScores
from training.datasets.peer_predictions import PeerPredictions
from training.datasets.sample import Sample
from training.elsewhere.answered_images import AnsweredImages
from training.elsewhere.ralo_figures import consecutive, measures, others
from training.elsewhere.severity_link import SeverityLink
from training.evaluation.estimates import estimate

LINK = SeverityLink(per_extent=1.5, per_opacity=0.5, start=0.0)


def sample(name, patient, day, right, left, second=None, **known):
    scores = LungScores(LungScore(*right), LungScore(*left))
    other = scores if second is None else LungScores(LungScore(*second[0]), LungScore(*second[1]))
    return Sample(Path(name), patient, lung_scores=(scores, other), day=day, **known)


SAMPLES = (
    sample("1", "a", 5.0, (4, 2), (2, 2)),
    sample("0", "a", 2.0, (1, 1), (0, 0), second=((3, 1), (0, 0))),
    sample("2", "b", 1.0, (0, 0), (3, 1), peers=PeerPredictions(authors_global=6, pxs=2.0)),
    sample("3", "a", 9.0, (2, 1), (2, 1), peers=PeerPredictions(authors_global=8)),
)


def figures(digits):
    answers = tuple(certain(str(each.image), score) for each, score in zip(SAMPLES, digits, strict=True))
    return {measure.name: measure for measure in measures(AnsweredImages(SAMPLES, answers), LINK)}


def value(measure):
    return measure.statistic(np.arange(len(measure.patients)))


def test_images_follow_each_other_in_time_within_a_patient():
    assert consecutive(SAMPLES) == [(1, 0), (0, 3)]


def test_a_model_that_scores_each_lung_by_its_extent_agrees_fully_lung_by_lung():
    # Extents by the raters' mean: right 4 2 0 2, left 2 0 3 2. A + B + C is the patient's right lung.
    found = figures(["112" + "011", "011" + "000", "000" + "111", "011" + "011"])
    assert value(found["r with extent, each lung"]) == pytest.approx(1)
    assert value(found["r with extent, both lungs"]) == pytest.approx(1)
    assert value(found["r with opacity, each lung"]) < 1
    mirrored = figures(["011" + "112", "000" + "011", "111" + "000", "011" + "011"])
    assert value(mirrored["r with extent, each lung"]) < 0.5
    assert value(mirrored["r with extent, both lungs"]) == pytest.approx(1)


def test_change_goes_from_each_image_to_the_next():
    found = figures(["222000", "000000", "000000", "200000"])
    change = found["r with the change of extent"]
    # Two pairs, of one patient: +6 and -4 against +4 and -2.
    assert value(change) == pytest.approx(1)
    assert change.patients == ("a", "a")
    assert change.images == 3


def test_bias_is_the_difference_from_the_links_global_score():
    # By the link: 1.5 extent + 0.5 opacity = 11, 3.5, 5, 7.
    found = figures(["333110", "000000", "110000", "331000"])
    assert value(found["bias of the global score, by the link"]) == pytest.approx(np.mean([0, -3.5, -3, 0]))
    assert value(found["90% interval of the global score contains the link's"]) == 0.5


def test_raters_and_other_networks_are_measured_on_the_same_images():
    by = {(who, measure.name): measure for who, measure in others(SAMPLES, LINK)}
    raters = by["raters with each other", "r with extent, both lungs"]
    assert value(raters) == pytest.approx(np.corrcoef([6, 1, 3, 4], [6, 3, 3, 4])[0, 1])
    assert value(by["authors' network", "bias of the global score, by the link"]) == pytest.approx((1 + 1) / 2)
    assert by["authors' network", "r with extent, both lungs"].images == 2
    assert by["PXS", "r with extent, both lungs"].images == 1
    assert np.isnan(estimate(by["PXS", "r with the change of extent"]).value)

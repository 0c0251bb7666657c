import numpy as np
import pytest

from bsnet_core.brixia import Zone
from bsnet_core.errors import Cancelled
from bsnet_core.explanation import explain, superpixels_of
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.config import Attention, HeadVariant
from bsnet_core.model.weights import ModelCard, save_model
from bsnet_core.prediction import Predictor
from bsnet_core.reading import read_radiograph
from bsnet_core.resources import sample_files


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small network with random weights: Equation 4 holds for any."""
    import dataclasses

    import torch

    from tests.bsnet_core.model.test_bsnet import SMALL

    torch.manual_seed(0)
    config = dataclasses.replace(SMALL, head=HeadVariant.FPN)
    model = BSNet(config)
    torch.nn.init.constant_(model.segmentation.head[0].bias, 3.0)
    folder = tmp_path_factory.mktemp("model")
    save_model(folder, model, ModelCard("small", "0", config, "", "", ""))
    return Predictor.load(folder, "cpu", Attention.ENSEMBLE)


@pytest.fixture(scope="module")
def explained(small):
    prediction = small.predict(read_radiograph(sample_files()[0]))
    return prediction, explain(small, prediction)


def test_contributions_equal_a_plain_loop_over_the_predictor(small, explained):
    prediction, explanation = explained
    base = prediction.zone_probabilities
    for index in range(0, len(explanation.contributions), 7):
        masked = np.where(explanation.superpixels == index, np.float32(0), prediction.network_image)
        expected = small.zone_probabilities(masked[None])[0] - base
        assert np.allclose(explanation.contributions[index], expected, atol=1e-5)


def test_contributions_over_the_classes_cancel_out(explained):
    _, explanation = explained
    assert np.abs(explanation.contributions.sum(-1)).max() < 1e-5
    assert np.abs(explanation.contributions).max() > 1e-5


def test_the_map_spreads_each_contribution_over_its_superpixel(explained):
    _, explanation = explained
    shown = explanation.map_of(Zone.E, 2)
    assert shown.shape == explanation.superpixels.shape
    inside = explanation.superpixels == 3
    assert np.unique(shown[inside]).tolist() == [explanation.contributions[3, Zone.E.row, Zone.E.column, 2]]


def test_superpixels_cover_the_picture_without_gaps_and_repeat(explained):
    prediction, explanation = explained
    labels = explanation.superpixels
    assert set(np.unique(labels)) == set(range(len(explanation.contributions)))
    assert np.array_equal(labels, superpixels_of(prediction.network_image))
    assert len(explanation.contributions) > 20


def test_explaining_can_be_cancelled_halfway(small, explained):
    prediction, _ = explained

    def report(stage, fraction):
        if fraction > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        explain(small, prediction, report)


def test_progress_counts_the_superpixels(small, explained):
    prediction, explanation = explained
    told = []
    explain(small, prediction, lambda stage, fraction: told.append((stage, fraction)))
    assert told[-1][1] == 1.0
    assert any(f"of {len(explanation.contributions)}" in stage for stage, _ in told)

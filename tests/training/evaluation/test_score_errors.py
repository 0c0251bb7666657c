import numpy as np
import torch

from bsnet_core.brixia import BrixiaScore
from bsnet_core.model.bsnet import BSNet
from training.datasets.sample import Sample
from training.evaluation.score_errors import evaluate_scores
from training.images.prepared_images import PreparedImages


def test_images_with_a_consensus_are_also_measured_against_it(make_config, tmp_path):
    torch.manual_seed(0)
    model = BSNet(make_config().model)
    low, high = BrixiaScore((0,) * 6), BrixiaScore((3,) * 6)
    samples = [
        Sample(tmp_path / "a", "1", score=low, consensus_score=low),
        Sample(tmp_path / "b", "2", score=low, consensus_score=high),
        Sample(tmp_path / "c", "3", score=low),
    ]
    noise = np.random.default_rng(0).integers(0, 255, (3, 64, 64)).astype(np.uint8)
    data = PreparedImages(samples, noise, np.zeros_like(noise))
    figures = evaluate_scores(model, data, [0, 1, 2], [0], torch.device("cpu"))
    agreed = figures["against_consensus"]
    assert (figures["images"], agreed["images"]) == (3, 2)
    assert agreed["readers"]["radiologist_on_duty"]["zones"]["mean_absolute_error"] == 1.5
    assert {"ha", "sa", "ens", "median_floor"} <= set(agreed["readers"])
    assert figures["calibration"]["zones"] == 18

import dataclasses

import numpy as np

from bsnet_core.brixia import BrixiaScore, Zone
from training.datasets.cohen import load_cohen_folder
from training.datasets.unscored import load_nih_no_finding
from training.stages.soft_labels import soft_labels


def test_a_mirrored_image_exchanges_its_zones(data_root):
    sample = load_cohen_folder(data_root / "cohen")[0]
    assert sample.score is not None
    plain = soft_labels(sample, 0.0, mirrored=False)
    mirrored = soft_labels(sample, 0.0, mirrored=True)
    assert np.array_equal(plain.argmax(-1), sample.score.grid)
    assert np.array_equal(mirrored, plain[:, ::-1])


def test_two_readers_share_the_target_and_an_unscored_image_has_none(data_root):

    sample = load_cohen_folder(data_root / "cohen")[0]
    other = BrixiaScore.from_values((sample.score[zone] + 1) % 4 for zone in Zone)
    shared = soft_labels(dataclasses.replace(sample, second_score=other), 0.4, mirrored=False)
    assert np.allclose(shared.sum(-1), 1)
    assert np.allclose(np.take_along_axis(shared, sample.score.grid[..., None], -1), 0.6)
    normal = load_nih_no_finding(data_root / "nih-no-finding")[0]
    assert not soft_labels(normal, 0.4, mirrored=False).any()

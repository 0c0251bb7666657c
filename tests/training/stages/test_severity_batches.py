import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tests.training.data_set_layouts import both_lungs, lung_image
from training.datasets.lung_scores import LungScore, LungScores
from training.datasets.opacity_boxes import LungClass, OpacityBox
from training.datasets.sample import Sample, SeverityReading
from training.images.prepared_images import PreparedImages
from training.predictions.found_lungs import FoundLungs
from training.stages.severity_batches import DISEASE_WEIGHT, draw, make_batch, outlined_disease
from training.stages.severity_groups import SeverityGroup

RATERS = (
    LungScores(LungScore(2, 1), LungScore(4, 3)),
    LungScores(LungScore(3, 1), LungScore(4, 4)),
)
SCORED = Sample(Path("a"), "ralo-1", lung_scores=RATERS, severity=SeverityReading(7, 5))
BOXED = Sample(Path("b"), "rsna-1", lung_class=LungClass.OPACITY, opacity_boxes=(OpacityBox(0.25, 0.5, 0.125, 0.25),))
NORMAL = Sample(Path("c"), "nih-1", no_finding=True)


def prepared():
    images = np.stack([lung_image()] * 3)
    return PreparedImages([SCORED, BOXED, NORMAL], images, np.zeros_like(images))


def found():
    lungs = cv2.resize(both_lungs().astype(np.uint8) * 255, (128, 128))
    return FoundLungs(np.stack([lungs] * 3), np.stack([np.eye(2, 3, dtype=np.float32)] * 3))


def batch(drawn, seed=0):
    return make_batch(prepared(), found(), drawn, 64, np.random.default_rng(seed), torch.device("cpu"))


def test_every_batch_takes_its_share_of_every_group_and_no_row_twice_before_all_were_drawn():
    groups = {SeverityGroup.LUNG_SCORES: list(range(10)), SeverityGroup.NORMAL: [20, 21]}
    counts = {SeverityGroup.LUNG_SCORES: 2, SeverityGroup.NORMAL: 1}
    batches = list(draw(groups, counts, 5, np.random.default_rng(0)))
    assert [[group for _row, group in drawn] for drawn in batches] == [
        [SeverityGroup.LUNG_SCORES] * 2 + [SeverityGroup.NORMAL]
    ] * 5
    rows = [row for drawn in batches for row, group in drawn if group is SeverityGroup.LUNG_SCORES]
    assert sorted(rows) == list(range(10))


def test_only_the_labels_of_the_group_drawn_count():
    labels = batch(
        [(0, SeverityGroup.LUNG_SCORES), (0, SeverityGroup.BOTH_LUNGS), (2, SeverityGroup.NO_FINDING)]
    ).labels
    assert labels.lungs[0].tolist() == [[2.5, 1.0], [4.0, 3.5]]
    assert labels.lungs[1:].isnan().all()
    assert labels.both[1].tolist() == [7.0, 5.0]
    assert labels.both[[0, 2]].isnan().all()
    assert labels.is_normal.tolist() == [False, False, True]
    assert labels.disease_weight.tolist() == pytest.approx([0, 0, DISEASE_WEIGHT[SeverityGroup.NO_FINDING]])


def test_boxes_become_places_of_disease():
    disease = outlined_disease(BOXED, SeverityGroup.BOXES, (0, 0))
    rows, columns = np.nonzero(disease)
    assert (columns.min() / 384, rows.min() / 384) == pytest.approx((0.25, 0.5), abs=0.01)
    assert (columns.max() / 384, rows.max() / 384) == pytest.approx((0.375, 0.75), abs=0.01)


def test_normal_images_have_no_disease_anywhere():
    assert not batch([(2, SeverityGroup.NO_FINDING)]).labels.disease.any()


def test_an_erased_part_holds_no_disease():
    whole = dataclasses.replace(BOXED, opacity_boxes=(OpacityBox(0, 0, 1, 1),))
    images = prepared()
    images = dataclasses.replace(images, samples=[SCORED, whole, NORMAL])
    shares = []
    for seed in range(20):
        made = make_batch(
            images, found(), [(1, SeverityGroup.BOXES)], 64, np.random.default_rng(seed), torch.device("cpu")
        )
        shares.append(float(made.labels.disease.mean()))
    assert len({round(share, 3) for share in shares}) > 5
    assert min(shares) < max(shares) - 0.03


def test_the_same_seed_gives_the_same_batch():
    drawn = [(0, SeverityGroup.LUNG_SCORES), (1, SeverityGroup.BOXES)]
    first, second = batch(drawn), batch(drawn)
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.alignment, second.alignment)
    assert not torch.equal(first.images, batch(drawn, seed=1).images)

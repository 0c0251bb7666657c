from pathlib import Path

from training.datasets.lung_scores import LungScore, LungScores
from training.datasets.opacity_boxes import LungClass, OpacityBox
from training.datasets.sample import Sample, SeverityReading
from training.stages.severity_groups import IN_BATCH, SeverityGroup, groups_of, images_in_batch, rows_by_group

LUNG = LungScore(2, 1)
SCORED = Sample(Path("a"), "ralo-1", lung_scores=(LungScores(LUNG, LUNG),))
BOXED = Sample(Path("b"), "rsna-1", lung_class=LungClass.OPACITY, opacity_boxes=(OpacityBox(0, 0, 0.5, 0.5),))
BOTH = Sample(Path("c"), "cohen-1", severity=SeverityReading(3, 2), lesions=Path("c.png"))
BARE = Sample(Path("d"), "hannover-1")


def test_an_image_belongs_to_the_group_of_every_label_it_has():
    assert groups_of(SCORED) == (SeverityGroup.LUNG_SCORES,)
    assert groups_of(BOXED) == (SeverityGroup.BOXES,)
    assert groups_of(BOTH) == (SeverityGroup.BOTH_LUNGS, SeverityGroup.LESIONS)
    assert groups_of(BARE) == (SeverityGroup.UNLABELLED,)


def test_only_groups_with_images_are_drawn_from():
    groups = rows_by_group([SCORED, BOXED, BOTH, BARE], [0, 2])
    assert groups == {
        SeverityGroup.LUNG_SCORES: [0],
        SeverityGroup.BOTH_LUNGS: [2],
        SeverityGroup.LESIONS: [2],
    }


def test_a_batch_of_32_takes_the_shares_as_written():
    assert images_in_batch(list(SeverityGroup), 32) == IN_BATCH


def test_a_small_batch_still_takes_one_of_every_group():
    counts = images_in_batch(list(SeverityGroup), 8)
    assert min(counts.values()) == 1
    assert images_in_batch([SeverityGroup.LUNG_SCORES], 8) == {SeverityGroup.LUNG_SCORES: 8}

"""The content check's findings: sentences, the repair they offer, and rejections that name them."""

import pytest

from bsnet_core.errors import UnsuitableImageError
from bsnet_core.inference.content_findings import (
    ContentFinding,
    naming_findings,
    reject_other_content,
    repair_for,
    sentences_of,
)
from bsnet_core.repair import RepairStep


def test_every_finding_has_a_sentence_of_its_own():
    sentences = sentences_of(list(ContentFinding))
    assert len(set(sentences)) == len(ContentFinding)
    assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize(
    ("finding", "step"),
    [
        (ContentFinding.ROTATED_90, RepairStep.ROTATED_270),
        (ContentFinding.UPSIDE_DOWN, RepairStep.ROTATED_180),
        (ContentFinding.ROTATED_270, RepairStep.ROTATED_90),
        (ContentFinding.MIRRORED, RepairStep.MIRRORED),
        (ContentFinding.INVERTED, RepairStep.INVERTED),
    ],
)
def test_what_is_rotated_mirrored_or_inverted_can_be_repaired_by_the_opposite(finding, step):
    assert repair_for([ContentFinding.BLURRED, finding]) == (step,)


def test_the_rest_cannot_be_repaired():
    assert repair_for([ContentFinding.BLURRED, ContentFinding.CUT_OFF, ContentFinding.UNLIKE_TRAINING]) == ()


def test_only_what_shows_no_chest_is_rejected():
    reject_other_content([ContentFinding.PERHAPS_NOT_CHEST, ContentFinding.SEVERAL])
    with pytest.raises(UnsuitableImageError, match="frontal chest radiograph"):
        reject_other_content([ContentFinding.NOT_CHEST])


def test_a_rejection_names_what_was_found_and_offers_its_repair():
    with pytest.raises(UnsuitableImageError) as caught, naming_findings([ContentFinding.UPSIDE_DOWN]):
        raise UnsuitableImageError("No lungs were found.")
    assert "upside down" in str(caught.value)
    assert str(caught.value).endswith("No lungs were found.")
    assert caught.value.repair == (RepairStep.ROTATED_180,)


def test_a_rejection_without_findings_stays_as_it_is():
    with pytest.raises(UnsuitableImageError) as caught, naming_findings([]):
        raise UnsuitableImageError("No lungs were found.")
    assert str(caught.value) == "No lungs were found."
    assert caught.value.repair == ()

"""Scoring with repairs that were requested in advance."""

from dataclasses import replace

import pytest

from bsnet_core.errors import UnsuitableImageError
from bsnet_core.inference.content_findings import ContentFinding
from bsnet_core.inference.repaired_prediction import predict_repaired
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from tests.app.predictions import prediction


class PredictorOfAnImageStored:
    """Finds in an image what has not been repaired yet, one fault after the other."""

    def __init__(self, *faults, rejects=False):
        self.faults, self.rejects = faults, rejects

    def predict(self, radiograph):
        left = self.faults[len(radiograph.repairs) :][:1]
        if left and self.rejects:
            from bsnet_core.inference.content_findings import naming_findings

            with naming_findings(left):
                raise UnsuitableImageError("No lungs were found.")
        return replace(prediction(), content=left, repairs=radiograph.repairs)


@pytest.fixture(scope="module")
def radiograph():
    return load_radiograph(sample_files()[0])


def test_an_image_in_order_is_scored_as_it_is(radiograph):
    scored, result = predict_repaired(PredictorOfAnImageStored(), radiograph)
    assert scored is radiograph
    assert result.repairs == ()


@pytest.mark.parametrize("rejects", [False, True])
def test_one_fault_after_the_other_is_repaired_and_noted(radiograph, rejects):
    faults = (ContentFinding.ROTATED_90, ContentFinding.MIRRORED)
    scored, result = predict_repaired(PredictorOfAnImageStored(*faults, rejects=rejects), radiograph)
    assert result.repairs == ("rotated-270", "mirrored")
    assert len(scored.loading_notes) == len(radiograph.loading_notes) + 2


def test_a_fault_that_stays_is_not_repaired_for_ever(radiograph):
    scored, result = predict_repaired(PredictorOfAnImageStored(*[ContentFinding.INVERTED] * 9), radiograph)
    assert len(scored.repairs) == 2
    assert result.content == (ContentFinding.INVERTED,)


def test_what_cannot_be_repaired_is_rejected_as_ever(radiograph):
    with pytest.raises(UnsuitableImageError, match="No lungs"):
        predict_repaired(PredictorOfAnImageStored(ContentFinding.BLURRED, rejects=True), radiograph)

import json

import cv2
import numpy as np
import pytest

from bsnet_core.brixia import ZONES
from bsnet_core.frames import Aspect, Frames
from bsnet_core.inference.predictor import Predictor
from bsnet_core.inference.quality import quality_notes
from bsnet_core.loading import load_radiograph
from tests.training.elsewhere.conftest import certain
from training.datasets.opacity_boxes import OpacityBox
from training.elsewhere.answers import Answer, answer_for, is_low_confidence, zones_in_boxes


def test_an_answer_comes_back_from_its_file():
    zones = np.random.default_rng(0).dirichlet(np.ones(4), 6)
    answer = certain("ralo/images/0.jpg", "012301", notes=("A note.",), in_boxes=(0.5, 0, 0, 0, 0, 0.25))
    answer = Answer(answer.image, "ralo-1", answer.score, zones, answer.notes, None, answer.in_boxes)
    back = Answer.from_json(json.loads(json.dumps(answer.to_json())))
    assert (back.image, back.patient, str(back.score), back.notes) == (
        "ralo/images/0.jpg",
        "ralo-1",
        "012301",
        ("A note.",),
    )
    assert back.probabilities == pytest.approx(zones, abs=1e-4)
    assert back.in_boxes == (0.5, 0, 0, 0, 0, 0.25)
    assert back.expected == pytest.approx(zones @ np.arange(4), abs=1e-3)


def test_a_rejection_comes_back_from_its_file_and_has_no_score():
    back = Answer.from_json(Answer("x", "p", rejection=("not-adult", "A child.")).to_json())
    assert back.rejection == ("not-adult", "A child.")
    assert back.told_of
    with pytest.raises(ValueError, match="has no score"):
        _ = back.expected


@pytest.mark.parametrize("values", [{}, {"image": "a", "patient": "p", "score": "000000", "probabilities": [[1, 2]]}])
def test_other_values_are_no_answer(values):
    with pytest.raises((KeyError, ValueError)):
        Answer.from_json(values)


def test_low_confidence_is_known_by_the_sentence_that_the_program_writes():
    frames = Frames.fit((400, 400), 64, Aspect.STRETCH)
    lungs = np.zeros((64, 64), np.float32)
    lungs[10:50, 5:25] = lungs[10:50, 35:55] = 1
    for unsure in (1, 3):
        zones = np.tile(np.eye(4, dtype=np.float32)[0], (3, 2, 1))
        zones[:unsure, 0] = 0.25
        notes = quality_notes(lungs, frames, zones, blank_share=0.0)
        assert [is_low_confidence(note) for note in notes] == [True]
    assert not is_low_confidence("More than half of the image is empty.")


@pytest.fixture
def radiograph(tmp_path):
    image = np.full((160, 160), 190, np.uint8)
    for x in (48, 112):
        cv2.ellipse(image, (x, 82), (24, 60), 0, 0, 360, 40, -1)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    return load_radiograph(tmp_path / "a.png")


def test_the_answer_is_the_prediction_with_its_notes(small_model, radiograph):
    predictor = Predictor.load(small_model, "cpu", backend="torch")
    prediction = predictor.predict(radiograph)
    answer = answer_for(predictor, radiograph, "a.png", "p")
    assert answer.score == prediction.score
    assert answer.expected.sum() == pytest.approx(prediction.expected_total, abs=1e-5)
    assert set(answer.notes) <= set(prediction.quality)
    assert any("small" in note for note in answer.notes)
    assert answer.in_boxes is None


def test_zones_lie_in_the_boxes_that_cover_them(small_model, radiograph):
    prediction = Predictor.load(small_model, "cpu", backend="torch").predict(radiograph)
    assert zones_in_boxes(prediction, [OpacityBox(0, 0, 1, 1)]) == pytest.approx([1] * 6, abs=0.5)
    # A box around the middle of zone A's crop, mapped into the image, is in A more than in any other.
    from bsnet_core.frames import apply
    from bsnet_core.model.roi_pooling import zone_bands

    (top, bottom), (left, right) = zone_bands(ZONES[0])
    side = prediction.frames.side_px
    middle = (
        apply(prediction.frames.aligned_to_image, [[(left + right) / 2 * side, (top + bottom) / 2 * side]])[0] / 160
    )
    box = OpacityBox(max(middle[0] - 0.02, 0), max(middle[1] - 0.02, 0), 0.04, 0.04)
    shares = zones_in_boxes(prediction, [box])
    assert shares[0] > 0
    assert shares[0] == max(shares)

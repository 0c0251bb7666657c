import cv2
import numpy as np

from bsnet_core.inference.predictor import Predictor
from training.datasets import other_images
from training.elsewhere.answer_store import AnswerStore
from training.elsewhere.notes_figures import shares_by_kind
from training.elsewhere.other_answers import other_answers


def test_images_of_a_folder_are_answered_by_kind(small_model, tmp_path, monkeypatch):
    monkeypatch.setattr(other_images, "PACKAGES", {})
    rng = np.random.default_rng(0)
    for kind, count in (("photographs", 2), ("ct", 1)):
        (tmp_path / "other" / kind).mkdir(parents=True)
        for number in range(count):
            image = cv2.resize(rng.integers(0, 255, (8, 8), dtype=np.uint8), (200, 200))
            cv2.imwrite(str(tmp_path / f"other/{kind}/{number}.png"), image)
    predictor = Predictor.load(small_model, "cpu", backend="torch")
    store = AnswerStore.of_weights(tmp_path / "measured", predictor.identity)
    answers = other_answers(store, predictor, tmp_path / "other")
    assert set(answers) == {"photographs:0.png", "photographs:1.png", "ct:0.png"}
    names = {measure.name: measure.images for measure in shares_by_kind(answers)}
    assert names["rejected: all"] == 3
    assert names["noted or rejected: photographs"] == 2
    assert other_answers(store, None, None).keys() == answers.keys()

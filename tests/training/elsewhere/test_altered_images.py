import numpy as np

from bsnet_core.inference.predictor import Predictor
from tests.training.elsewhere.conftest import certain
from training.elsewhere import altered_images, measured_images
from training.elsewhere.altered_images import REASONS, altered_answers, as_radiograph, has_reason, measures
from training.elsewhere.answer_store import AnswerStore
from training.elsewhere.answers import Answer
from training.elsewhere.measured_images import Source
from training.images.alterations import Alteration


def test_every_alteration_has_words_for_its_reason():
    assert set(REASONS) == set(Alteration)


def test_pixels_are_loaded_as_from_a_file_without_metadata():
    pixels = np.linspace(0, 1, 64 * 80, dtype=np.float32).reshape(64, 80)
    radiograph = as_radiograph(pixels)
    assert radiograph.pixels.shape == (64, 80)
    assert np.corrcoef(radiograph.pixels.ravel(), pixels.ravel())[0, 1] > 0.999
    assert radiograph.metadata.modality == ""


def test_the_reason_must_be_the_right_one():
    note = certain("inverted:a", "000000", notes=("The grey levels seem to be inverted: bone should be bright.",))
    rejection = Answer("blurred:a", "p", rejection=("not-frontal-chest", "The image is blurred. No lungs were found."))
    assert has_reason(note, Alteration.INVERTED)
    assert not has_reason(note, Alteration.BLURRED)
    assert has_reason(rejection, Alteration.BLURRED)
    found = {measure.name: measure for measure in measures({"inverted:a": note, "blurred:a": rejection})}
    assert found["noted or rejected with the right reason: inverted"].statistic(np.arange(1)) == 1
    assert found["rejected: inverted"].statistic(np.arange(1)) == 0
    assert found["noted or rejected: mirrored"].images == 0


def test_every_kind_is_tried_on_every_chosen_image_and_stored(data_root, small_model, tmp_path, monkeypatch):
    monkeypatch.setattr(measured_images, "is_kept_apart", lambda patient: True)
    monkeypatch.setattr(altered_images, "OF_EACH_SOURCE", {Source.NIH: 2})
    predictor = Predictor.load(small_model, "cpu", backend="torch")
    store = AnswerStore.of_weights(tmp_path, predictor.identity)
    answers = altered_answers(store, predictor, data_root)
    assert len(answers) == 2 * len(Alteration)
    assert {name.partition(":")[0] for name in answers} == {kind.value for kind in Alteration}
    assert altered_answers(store, None, data_root).keys() == answers.keys()
    assert {answer.patient for answer in answers.values()} == {"nih-00000", "nih-00001"}

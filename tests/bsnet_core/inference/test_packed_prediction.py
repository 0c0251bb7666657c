"""Predictions that were packed and unpacked are those that were computed."""

from dataclasses import replace

import numpy as np
import pytest

from bsnet_core.errors import NotAdultError
from bsnet_core.inference.packed_prediction import pack, unpack
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files


@pytest.fixture(scope="module")
def computed():
    from bsnet_core.errors import WeightsError
    from bsnet_core.inference.predictor import Predictor

    try:
        predictor = Predictor.load(None, "cpu", backend="torch")
    except WeightsError as error:
        pytest.skip(f"needs the shipped weights: {error}")
    radiograph = load_radiograph(sample_files()[0])
    return radiograph, predictor.predict(radiograph), predictor.card


def test_what_comes_back_is_what_was_computed(computed):
    radiograph, prediction, card = computed
    again = unpack(pack(prediction), radiograph, card)
    assert np.array_equal(again.zone_probabilities, prediction.zone_probabilities)
    assert np.array_equal(again.frames.alignment, prediction.frames.alignment)
    assert np.array_equal(again.network_image, prediction.network_image)
    for name in ("lung_probability", "aligned_image", "aligned_lung_probability"):
        assert np.abs(getattr(again, name) - getattr(prediction, name)).max() < 1e-4, name
        assert not getattr(again, name).flags.writeable
    for name in ("score", "interval", "quality", "content", "model", "attention", "device", "seconds", "backend"):
        assert getattr(again, name) == getattr(prediction, name), name


def test_it_is_small_and_holds_no_image(computed):
    _radiograph, prediction, _card = computed
    arrays = ("network_image", "aligned_image", "lung_probability", "aligned_lung_probability")
    packed = pack(prediction)
    assert len(packed) < sum(getattr(prediction, name).nbytes for name in arrays) / 10
    assert pack(replace(prediction, network_image=prediction.network_image[::-1])) == packed


def test_what_the_file_states_still_counts(computed):
    radiograph, prediction, card = computed
    child = replace(radiograph, metadata=replace(radiograph.metadata, patient_age="007Y", patient_birth_date=""))
    with pytest.raises(NotAdultError):
        unpack(pack(prediction), child, card)


@pytest.mark.parametrize("damaged", [b"", b"PK\x03\x04", b"\0" * 500])
def test_damaged_bytes_are_rejected(computed, damaged):
    radiograph, _prediction, card = computed
    with pytest.raises(ValueError, match="no prediction"):
        unpack(damaged, radiograph, card)


def test_half_of_the_bytes_and_bytes_of_another_model_are_rejected(computed):
    radiograph, prediction, card = computed
    packed = pack(prediction)
    with pytest.raises(ValueError, match="no prediction"):
        unpack(packed[: len(packed) // 2], radiograph, card)
    with pytest.raises(ValueError, match="another model"):
        unpack(packed, radiograph, replace(card, sha256="0" * 64))

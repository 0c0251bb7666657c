"""Predictions are found again for the same pixels and the same model only."""

import os
from dataclasses import replace

import numpy as np
import pytest

from app.background.network import ModelChoice
from app.background.prediction_store import PredictionStore
from bsnet_core.frames import Aspect, Frames
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.model.card import load_card
from bsnet_core.model.network_config import Attention
from bsnet_core.radiograph import Radiograph
from tests.app.predictions import prediction


@pytest.fixture
def radiograph():
    return Radiograph(np.arange(200 * 240, dtype=np.uint16).reshape(200, 240), 0, 16, False)


@pytest.fixture
def choice(shipped_model):
    return ModelChoice(shipped_model, "cpu")


@pytest.fixture
def made(shipped_model, radiograph):
    card = load_card(shipped_model)
    side = card.config.side_px
    frames = Frames.fit(radiograph.shape, side, Aspect.STRETCH).with_alignment([[0.7, 0, 0], [0, 0.7, 0]])
    lungs = np.zeros((side, side), dtype=np.float32)
    lungs[side // 4 : side // 2] = 1.0
    return replace(
        prediction(), frames=frames, lung_probability=lungs, model=ModelIdentity(card.name, card.version, card.sha256)
    )


def test_a_kept_prediction_is_found_by_another_store_of_the_folder(tmp_path, radiograph, choice, made):
    PredictionStore(tmp_path / "kept").keep(radiograph, choice, made)
    found = PredictionStore(tmp_path / "kept").find(radiograph, choice)
    assert found is not None
    assert found.score == made.score
    (file,) = (tmp_path / "kept").iterdir()
    assert os.name == "nt" or file.stat().st_mode & 0o077 == 0


def test_other_pixels_another_head_and_a_repaired_image_are_not_found(tmp_path, radiograph, choice, made):
    store = PredictionStore(tmp_path)
    store.keep(radiograph, choice, made)
    other = radiograph.stored.copy()
    other[100, 100] += 1
    assert store.find(replace(radiograph, stored=other), choice) is None
    assert store.find(replace(radiograph, repairs=("inverted",)), choice) is None
    assert store.find(radiograph, replace(choice, attention=Attention.SOFT)) is None


def test_a_damaged_file_counts_as_none_and_goes(tmp_path, radiograph, choice, made):
    store = PredictionStore(tmp_path)
    store.keep(radiograph, choice, made)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert store.find(radiograph, choice) is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path, radiograph, choice, made):
    (tmp_path / "file").write_text("in the way")
    store = PredictionStore(tmp_path / "file" / "kept")
    store.keep(radiograph, choice, made)
    assert store.find(radiograph, choice) is None


def test_the_files_that_were_not_used_for_longest_go_first(tmp_path, radiograph, choice, made):
    for number in range(5):
        file = tmp_path / f"{number}.prediction"
        file.write_bytes(b"old")
        os.utime(file, (number, number))
    PredictionStore(tmp_path, most=3).keep(radiograph, choice, made)
    left = sorted(file.name for file in tmp_path.iterdir())
    assert len(left) == 3
    assert {"3.prediction", "4.prediction"} < set(left)

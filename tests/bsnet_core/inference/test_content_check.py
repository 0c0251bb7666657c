"""The content check in a model folder: what it says, what becomes of the image, and files that do not fit."""

import json
import shutil

import numpy as np
import pytest
import torch

from bsnet_core.errors import UnsuitableImageError, WeightsError
from bsnet_core.inference.content_check import CARD_NAME, WEIGHTS_NAME, findings_of, load_content_check
from bsnet_core.inference.content_findings import ContentFinding
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import load_radiograph
from bsnet_core.model.card import ModelCard, default_model_dir
from bsnet_core.model.content_head import ContentOutput
from bsnet_core.model.weights import build_model, load_model, save_model
from bsnet_core.resources import sample_files
from tests.bsnet_core.backends.small_model import CONFIG
from tests.bsnet_core.inference.told_content import LIMITS, write_told_check

GOOD = {output.name.lower(): 0.0 for output in ContentOutput} | {"chest": 1.0, "as_it_should_be": 1.0}


@pytest.fixture(scope="module")
def plain_folder(tmp_path_factory):
    """A small network with random weights that finds lungs everywhere."""
    torch.manual_seed(0)
    model = build_model(CONFIG)
    with torch.no_grad():
        model.segmentation.head[0].bias += 5
    folder = tmp_path_factory.mktemp("model")
    save_model(folder, model, ModelCard("small", "1", CONFIG, "", "test", "test"))
    return folder


@pytest.fixture
def folder(plain_folder, tmp_path):
    return shutil.copytree(plain_folder, tmp_path / "model")


@pytest.fixture(scope="module")
def radiograph():
    return load_radiograph(sample_files()[0])


def test_a_folder_without_a_check_loads_and_scores_as_before(folder, radiograph):
    prediction = Predictor.load(folder, "cpu").predict(radiograph)
    assert prediction.content == ()
    assert "content" not in prediction.seconds


def test_a_finding_is_a_note_before_all_others_and_a_code(folder, radiograph):
    write_told_check(folder, ContentOutput.INVERTED, ContentOutput.BLURRED)
    prediction = Predictor.load(folder, "cpu").predict(radiograph)
    assert prediction.content == (ContentFinding.INVERTED, ContentFinding.BLURRED)
    assert prediction.quality[:2] == (ContentFinding.INVERTED.sentence, ContentFinding.BLURRED.sentence)


def test_what_shows_no_chest_is_rejected(folder, radiograph):
    write_told_check(folder)
    predictor = Predictor.load(folder, "cpu")
    with torch.no_grad():
        predictor._content._head.last.bias[ContentOutput.CHEST] = -20
    with pytest.raises(UnsuitableImageError, match="frontal chest radiograph"):
        predictor.predict(radiograph)


def test_the_check_sees_the_image_in_standard_orientation(folder, radiograph):
    from bsnet_core.repair import RepairStep, repaired

    write_told_check(folder)
    predictor = Predictor.load(folder, "cpu")
    looks = [
        predictor._content.look_at(image.pixels, turn_of(image))
        for image in (radiograph, repaired(radiograph, [RepairStep.ROTATED_90, RepairStep.ROTATED_270]))
    ]
    assert looks[0].distance == pytest.approx(looks[1].distance)


def turn_of(image):
    from bsnet_core.standard_orientation import StandardOrientation

    return StandardOrientation.of(image.metadata.patient_orientation)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"chest": 0.1, "inverted": 1.0}, [ContentFinding.NOT_CHEST]),
        ({"chest": 0.4}, [ContentFinding.PERHAPS_NOT_CHEST]),
        ({"upside_down": 0.9, "mirrored": 0.9}, [ContentFinding.UPSIDE_DOWN]),
        ({"mirrored": 0.9, "cut_off": 0.4}, [ContentFinding.MIRRORED]),
        ({"mirrored": 0.9, "cut_off": 0.9}, [ContentFinding.CUT_OFF]),
        ({"mirrored": 0.9, "inverted": 0.9}, [ContentFinding.INVERTED, ContentFinding.MIRRORED]),
        ({"inverted": 0.9, "overexposed": 0.9}, [ContentFinding.INVERTED]),
        ({"several": 0.9, "surrounded": 0.6}, [ContentFinding.SEVERAL, ContentFinding.SURROUNDED]),
    ],
)
def test_findings_follow_from_probabilities_and_limits(values, expected):
    assert findings_of(GOOD | values, 1.0, LIMITS) == tuple(expected)


def test_the_distance_is_noted_only_where_nothing_else_explains_it():
    far = LIMITS.largest_distance * 2
    assert findings_of(GOOD, far, LIMITS) == (ContentFinding.UNLIKE_TRAINING,)
    assert findings_of(GOOD | {"blurred": 1.0}, far, LIMITS) == (ContentFinding.BLURRED,)


def test_a_check_of_other_weights_is_not_used(folder):
    write_told_check(folder)
    card = json.loads((folder / CARD_NAME).read_text())
    (folder / CARD_NAME).write_text(json.dumps(card | {"model_sha256": "0" * 64}))
    with pytest.raises(WeightsError, match="fitted to other weights"):
        Predictor.load(folder, "cpu")


@pytest.mark.parametrize("fault", ["no weights", "other weights", "no limits", "no JSON", "odd shapes"])
def test_a_damaged_check_is_said_to_be_damaged(folder, fault):
    write_told_check(folder)
    card = json.loads((folder / CARD_NAME).read_text())
    match fault:
        case "no weights":
            (folder / WEIGHTS_NAME).unlink()
        case "other weights":
            (folder / WEIGHTS_NAME).write_bytes(b"x" * 100)
        case "no limits":
            (folder / CARD_NAME).write_text(json.dumps({key: card[key] for key in card if key != "limits"}))
        case "no JSON":
            (folder / CARD_NAME).write_text("{")
        case "odd shapes":
            (folder / CARD_NAME).write_text(json.dumps(card | {"format": 99}))
    with pytest.raises(WeightsError, match="damaged"):
        Predictor.load(folder, "cpu")


needs_shipped_check = pytest.mark.skipif(
    not (default_model_dir() / CARD_NAME).exists(), reason="the shipped model has no content check yet"
)


@needs_shipped_check
@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.stem)
def test_the_shipped_check_finds_nothing_in_the_samples_and_tells_what_is_done_to_them(path):
    model, card = load_model(default_model_dir())
    check = load_content_check(default_model_dir(), model, card.sha256)
    pixels = load_radiograph(path).pixels
    assert check.look_at(pixels).findings == ()
    assert ContentFinding.INVERTED in check.look_at(1 - pixels).findings
    for turns, finding in ((1, "rotated-270"), (2, "upside-down"), (3, "rotated-90")):
        assert finding in check.look_at(np.ascontiguousarray(np.rot90(pixels, turns))).findings


@needs_shipped_check
def test_the_shipped_check_rejects_photographs_and_noise():
    model, card = load_model(default_model_dir())
    check = load_content_check(default_model_dir(), model, card.sha256)
    from skimage import data

    photographs = [data.camera(), data.coins(), data.brick(), np.random.default_rng(0).integers(0, 255, (512, 512))]
    looks = [check.look_at((image / 255).astype(np.float32)) for image in photographs]
    assert all(ContentFinding.NOT_CHEST in look.findings for look in looks)

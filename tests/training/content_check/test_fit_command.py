"""The content check fitted, measured and written by one command, on a few small images."""

import json

import cv2
import numpy as np
import pytest
import torch

from bsnet_core.errors import WeightsError
from bsnet_core.inference.content_check import CARD_NAME, load_content_check
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import Architecture
from bsnet_core.model.weights import build_model, load_model, save_model
from tests.bsnet_core.backends.small_model import CONFIG
from training.cli import main
from training.content_check.examples import Part, part_of
from training.content_check.fit_command import fit_content_check, source_of
from training.datasets.sample import DataSetError


def chest(rng):
    """A bright body with two dark lungs, a bright heart on the right of the image, and noise."""
    rows, columns = np.mgrid[0:128, 0:128]
    image = np.full((128, 128), 180.0)
    for centre in (38, 90):
        image[((columns - centre) / 22) ** 2 + ((rows - 60) / 44) ** 2 < 1] = 60
    image[((columns - 74) / 18) ** 2 + ((rows - 84) / 20) ** 2 < 1] = 190
    image[:12] = 20
    image += rng.normal(0, 6, image.shape) + rng.uniform(-15, 15)
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A data set in the layout of the NIH's images, other images, and a small model."""
    root, rng = tmp_path_factory.mktemp("content"), np.random.default_rng(0)
    (root / "nih").mkdir()
    (root / "others" / "noise").mkdir(parents=True)
    for patient in range(40):
        cv2.imwrite(str(root / "nih" / f"{patient:08d}_000.jpg"), chest(rng))
    for number in range(4):
        cv2.imwrite(str(root / "others" / "noise" / f"{number}.png"), rng.integers(0, 255, (100, 100), dtype=np.uint8))
    torch.manual_seed(0)
    save_model(root / "model", build_model(CONFIG), ModelCard("small", "1", CONFIG, "", "test", "test"))
    return root


@pytest.fixture(scope="module")
def fitted(folders):
    """The lines that the command printed; the check is in the model folder."""
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr("training.datasets.other_images.PACKAGES", {})
        context.setattr("training.content_check.fit_command.MEASURED_SOURCES", frozenset({"noise"}))
        context.setattr("training.content_check.fit_command.DRAWINGS", 30)
        return fit_content_check(
            folders / "model", [source_of(f"nih-no-finding={folders / 'nih'}")], folders / "others"
        )


def test_the_check_is_written_with_its_counts_and_figures(folders, fitted):
    card = json.loads((folders / "model" / CARD_NAME).read_text())
    counts = card["data"]["radiographs"]
    assert counts["measured"] == {"nih-no-finding": sum(_parts().count(part) for part in [Part.MEASURED])}
    assert sum(sum(part.values()) for part in counts.values()) == 40
    assert card["figures"]["altered"]["upside-down"]["right_reason"] >= 0.5
    assert any("upside-down" in line for line in fitted)


def test_the_written_check_tells_what_is_done_to_an_image(folders, fitted):
    model, card = load_model(folders / "model")
    check = load_content_check(folders / "model", model, card.sha256)
    pixels = chest(np.random.default_rng(99)) / np.float32(255)
    plain, upside_down = (check.look_at(image).probabilities["upside_down"] for image in (pixels, pixels[::-1, ::-1]))
    assert plain < 0.5 < upside_down
    assert check.look_at(pixels).distance < check.look_at(np.eye(128, dtype=np.float32)).distance


def _parts():
    return [part_of(f"nih-{patient:08d}") for patient in range(40)]


def test_a_data_set_that_is_none_is_named():
    with pytest.raises(DataSetError, match="x-rays"):
        source_of("x-rays=folder")


def test_too_few_images_are_said_to_be_too_few(folders, tmp_path):
    (tmp_path / "nih").mkdir()
    cv2.imwrite(str(tmp_path / "nih" / "00000001_000.jpg"), chest(np.random.default_rng(0)))
    with pytest.raises(DataSetError, match="too few"):
        fit_content_check(folders / "model", [source_of(f"nih-no-finding={tmp_path / 'nih'}")], None)


def test_the_baseline_has_no_content_check(tmp_path):
    from dataclasses import replace

    config = replace(CONFIG, architecture=Architecture.BASELINE)
    save_model(tmp_path, build_model(config), ModelCard("base", "1", config, "", "test", "test"))
    with pytest.raises(WeightsError, match="baseline"):
        fit_content_check(tmp_path, [], None)


def test_a_wrong_source_ends_the_command_with_a_sentence(folders, capsys):
    status = main(["content-check", "--model", str(folders / "model"), "--source", "unknown=here"])
    assert status == 2
    assert "unknown" in capsys.readouterr().err

"""Backends: torch as the reference, OpenVINO as near as it claims, admission by measured drift, and no connection."""

import dataclasses
import importlib.util
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from bsnet_core.backends import ACCELERATED_BACKENDS, AUTO, OPENVINO, OPENVINO_INT8, TORCH, openvino
from bsnet_core.backends.admission import MIN_IMAGES, Drift, record_drift, recorded_drift
from bsnet_core.backends.converted import folder_of
from bsnet_core.errors import UnforeseenError, UnreadableImageError
from bsnet_core.inference.backend_comparison import admit
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import load_radiograph
from bsnet_core.model.bsnet import zone_probabilities
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import Attention, BSNetConfig, SegmentationDecoder
from bsnet_core.model.weights import build_model, load_model, save_model
from bsnet_core.resources import sample_files

needs_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="needs openvino (extra)")
needs_int8 = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("openvino", "nncf")), reason="needs openvino and nncf"
)
CONFIG = BSNetConfig(
    encoder="resnet18",
    decoder=SegmentationDecoder.UNET,
    decoder_channels=(16, 16, 8, 8, 8),
    side_px=64,
    alignment_side_px=64,
    mirror_averaging=True,
)
GOOD = Drift(OPENVINO, MIN_IMAGES, 0.0, 0.0001, 0.9999, 0.999, 2.0, 0.3)


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    """A small network with random weights that finds lungs everywhere."""
    torch.manual_seed(0)
    model = build_model(CONFIG)
    with torch.no_grad():
        model.segmentation.head[0].bias += 5
    folder = tmp_path_factory.mktemp("model")
    save_model(folder, model, ModelCard("small", "1", CONFIG, "", "test", "test"))
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of this module's own; networks are converted once."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
            patch.setenv(name, str(folder))
        yield folder


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((3, 64, 64), dtype=np.float32)


def record_path(backend, model_dir):
    return folder_of(backend, load_model(model_dir)[1].sha256) / "admission.json"


def admitted(model_dir, drift):
    """The backend chosen by auto once `drift` is on record."""
    Predictor.load(model_dir, "cpu", backend=drift.backend)
    record_drift(load_model(model_dir)[1].sha256, drift)
    return Predictor.load(model_dir, "cpu", backend=AUTO).backend


@pytest.mark.parametrize("attention", list(Attention))
def test_torch_is_the_plain_network_to_the_last_bit(model_dir, cache, images, attention):
    predictor = Predictor.load(model_dir, "cpu", attention, backend=TORCH)
    model, card = load_model(model_dir)
    model = model.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        batch = torch.tensor(images)[:, None].contiguous(memory_format=torch.channels_last)
        plain, mirrored = (
            zone_probabilities(model(batch).zone_logits, attention, card.config.temperature)
            for batch in (batch, batch.flip(-1))
        )
        # The mirrored picture's right lung counts for the left one.
        expected = ((plain + mirrored.flip(2)) / 2).numpy()
    assert np.array_equal(predictor.zone_probabilities(images), expected)
    assert predictor.backend == TORCH


def test_without_an_admission_auto_is_torch(model_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Predictor.load(model_dir, "cpu").backend == TORCH
    assert list(tmp_path.iterdir()) == []


@needs_openvino
@pytest.mark.parametrize("attention", list(Attention))
def test_openvino_gives_torchs_numbers_within_rounding(model_dir, cache, images, attention):
    ours = Predictor.load(model_dir, "cpu", attention, backend=OPENVINO)
    reference = Predictor.load(model_dir, "cpu", attention, backend=TORCH)
    assert np.allclose(ours.zone_probabilities(images), reference.zone_probabilities(images), atol=1e-4)


@needs_openvino
def test_a_prediction_says_which_backend_gave_it(model_dir, cache):
    radiograph = load_radiograph(sample_files()[0])
    results = {name: Predictor.load(model_dir, "cpu", backend=name).predict(radiograph) for name in (TORCH, OPENVINO)}
    assert {name: result.backend for name, result in results.items()} == {TORCH: TORCH, OPENVINO: OPENVINO}
    first, second = results.values()
    assert np.allclose(first.zone_probabilities, second.zone_probabilities, atol=1e-4)
    assert np.allclose(first.lung_probability, second.lung_probability, atol=1e-4)
    assert np.allclose(first.frames.alignment, second.frames.alignment, atol=1e-4)
    assert set(first.seconds) == set(second.seconds)


@needs_int8
def test_int8_runs_and_prints_nothing(model_dir, cache, images, capfd):
    probabilities = Predictor.load(model_dir, "cpu", backend=OPENVINO_INT8).zone_probabilities(images)
    assert np.allclose(probabilities.sum(-1), 1, atol=1e-4)
    assert capfd.readouterr().out == ""


@needs_openvino
def test_a_network_is_converted_once_and_kept_for_its_owner_only(model_dir, cache):
    Predictor.load(model_dir, "cpu", backend=OPENVINO)
    folder = record_path(OPENVINO, model_dir).parent
    files = sorted(folder.glob("*.bin")) + sorted(folder.glob("*.xml"))
    assert len(files) == 4
    if os.name != "nt":
        assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)} == {0o700}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    written = [path.stat().st_mtime_ns for path in files]
    Predictor.load(model_dir, "cpu", backend=OPENVINO)
    assert [path.stat().st_mtime_ns for path in files] == written
    assert list(folder.parent.glob("*.tmp")) == []


@needs_openvino
def test_auto_takes_a_backend_only_while_its_measured_drift_keeps_the_limits(model_dir, cache):
    assert admitted(model_dir, GOOD) == OPENVINO
    for worse in (
        {"images": MIN_IMAGES - 1},
        {"changed_share": 0.021},
        {"expected_drift": 0.021},
        {"dice": 0.989},
        {"speed_up": 0.9},
    ):
        assert admitted(model_dir, dataclasses.replace(GOOD, **worse)) == TORCH
    assert admitted(model_dir, GOOD) == OPENVINO


@needs_int8
def test_auto_takes_the_admitted_backend_that_was_measured_as_the_fastest(model_dir, cache):
    assert admitted(model_dir, GOOD) == OPENVINO
    int8 = dataclasses.replace(GOOD, backend=OPENVINO_INT8)
    assert admitted(model_dir, dataclasses.replace(int8, speed_up=GOOD.speed_up / 2)) == OPENVINO
    assert admitted(model_dir, dataclasses.replace(int8, speed_up=GOOD.speed_up * 2)) == OPENVINO_INT8
    record_path(OPENVINO_INT8, model_dir).unlink()


@needs_openvino
def test_an_admission_holds_for_the_very_files_that_were_measured(model_dir, cache):
    assert admitted(model_dir, GOOD) == OPENVINO
    weights = record_path(OPENVINO, model_dir).parent / "zone-scorer.bin"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert Predictor.load(model_dir, "cpu", backend=AUTO).backend == TORCH
    weights.write_bytes(content)
    assert Predictor.load(model_dir, "cpu", backend=AUTO).backend == OPENVINO


@needs_openvino
@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}', '{"format": 1, "weights_sha256": "other"}'])
def test_a_damaged_record_admits_nobody(model_dir, cache, text):
    assert admitted(model_dir, GOOD) == OPENVINO
    record_path(OPENVINO, model_dir).write_text(text)
    assert Predictor.load(model_dir, "cpu", backend=AUTO).backend == TORCH
    record_path(OPENVINO, model_dir).unlink()


@needs_openvino
def test_measuring_keeps_its_outcome_and_says_it(model_dir, cache):
    stages = []
    drift = admit(
        OPENVINO, [*sample_files(), Path("missing.dcm")], model_dir, lambda stage, share: stages.append(share)
    )
    assert drift.images == len(sample_files())
    assert drift.changed_share == 0
    assert drift.dice == pytest.approx(1)
    assert drift.expected_drift < 1e-4
    assert not drift.is_admitted
    assert f"at least {MIN_IMAGES} images" in drift.sentence()
    assert recorded_drift(OPENVINO, load_model(model_dir)[1].sha256) == drift
    assert json.loads(record_path(OPENVINO, model_dir).read_text())["format"] == 1
    assert stages == sorted(stages)


@needs_openvino
def test_nothing_is_admitted_on_files_that_are_no_films(model_dir, cache, tmp_path):
    (tmp_path / "letter.dcm").write_text("Dear colleague")
    with pytest.raises(UnreadableImageError, match="None of these images"):
        admit(OPENVINO, [tmp_path / "letter.dcm"], model_dir)


@pytest.mark.parametrize("name", ACCELERATED_BACKENDS)
def test_a_backend_that_is_not_installed_is_named_with_its_extra(model_dir, monkeypatch, name):
    monkeypatch.setattr(openvino, "is_installed", lambda backend: False)
    with pytest.raises(UnforeseenError, match="accelerated"):
        Predictor.load(model_dir, "cpu", backend=name)


def test_an_accelerated_backend_is_refused_beside_another_device(model_dir):
    model, card = load_model(model_dir)
    with pytest.raises(UnforeseenError, match="CPU only"):
        Predictor(model, card, torch.device("meta"), backend=OPENVINO)


@needs_int8
def test_converting_and_computing_open_no_connection_and_leave_no_trace(model_dir, tmp_path):
    code = f"""
import sys
from pathlib import Path
seen = []
sys.addaudithook(lambda event, arguments: seen.append(event) if event.startswith("socket.") else None)
import numpy as np
from bsnet_core.inference.predictor import Predictor
for backend in {ACCELERATED_BACKENDS!r}:
    predictor = Predictor.load(Path({str(model_dir)!r}), "cpu", backend=backend)
    predictor.zone_probabilities(np.zeros((1, 64, 64), np.float32))
assert sys.modules["openvino"] is not None
assert sys.modules["openvino_telemetry"] is None
assert not any(name.startswith("openvino_telemetry.") for name in sys.modules)
print(seen)
"""
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, cwd=Path.cwd()
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
    # Where its telemetry keeps its consent and its identifier.
    assert [path for path in home.rglob("*") if "intel" in path.name.lower() or "telemetry" in path.name.lower()] == []

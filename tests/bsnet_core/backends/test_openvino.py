"""OpenVINO: as near to torch as it claims, and without a connection."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bsnet_core.backends import ACCELERATED_BACKENDS, OPENVINO, OPENVINO_INT8, TORCH
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import load_radiograph
from bsnet_core.model.network_config import Attention
from bsnet_core.resources import sample_files
from tests.bsnet_core.backends.small_model import needs_int8, needs_openvino


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

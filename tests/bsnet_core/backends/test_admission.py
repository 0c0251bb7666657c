"""The record of an admission."""

import pytest

from bsnet_core.backends import AUTO, OPENVINO, TORCH
from bsnet_core.inference.predictor import Predictor
from tests.bsnet_core.backends.small_model import GOOD, admitted, needs_openvino, record_path


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

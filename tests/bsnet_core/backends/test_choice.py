"""The choice of a backend: by name, or the fastest admitted one."""

import dataclasses

import pytest
import torch

from bsnet_core.backends import ACCELERATED_BACKENDS, OPENVINO, OPENVINO_INT8, TORCH, openvino
from bsnet_core.backends.admission import MIN_IMAGES
from bsnet_core.errors import UnforeseenError
from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.weights import load_model
from tests.bsnet_core.backends.small_model import GOOD, admitted, needs_int8, needs_openvino, record_path


def test_without_an_admission_auto_is_torch(model_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Predictor.load(model_dir, "cpu").backend == TORCH
    assert list(tmp_path.iterdir()) == []


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


@pytest.mark.parametrize("name", ACCELERATED_BACKENDS)
def test_a_backend_that_is_not_installed_is_named_with_its_extra(model_dir, monkeypatch, name):
    monkeypatch.setattr(openvino, "is_installed", lambda backend: False)
    with pytest.raises(UnforeseenError, match="accelerated"):
        Predictor.load(model_dir, "cpu", backend=name)


def test_an_accelerated_backend_is_refused_beside_another_device(model_dir):
    model, card = load_model(model_dir)
    with pytest.raises(UnforeseenError, match="CPU only"):
        Predictor(model, card, torch.device("meta"), backend=OPENVINO)

"""A small model on disk, converted and admitted, that the tests of backends share."""

import importlib.util

import pytest

from bsnet_core.backends import AUTO, OPENVINO
from bsnet_core.backends.admission import MIN_IMAGES, Drift, record_drift
from bsnet_core.backends.converted import folder_of
from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.network_config import BSNetConfig, SegmentationDecoder
from bsnet_core.model.weights import load_model

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


def record_path(backend, model_dir):
    return folder_of(backend, load_model(model_dir)[1].sha256) / "admission.json"


def admitted(model_dir, drift):
    """The backend chosen by auto once `drift` is on record."""
    Predictor.load(model_dir, "cpu", backend=drift.backend)
    record_drift(load_model(model_dir)[1].sha256, drift)
    return Predictor.load(model_dir, "cpu", backend=AUTO).backend

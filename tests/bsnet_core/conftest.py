"""What the tests of backends and of their comparison share."""

import numpy as np
import pytest
import torch

from bsnet_core.model.card import ModelCard
from bsnet_core.model.weights import build_model, save_model
from tests.bsnet_core.backends.small_model import CONFIG


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

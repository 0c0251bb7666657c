"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

# How long an example takes says something of the machine, not of the code.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real radiographs beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the shared data folder beside the checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def predictor():  # type: ignore[no-untyped-def]
    """The shipped model."""
    from bsnet_core.inference.predictor import Predictor

    return Predictor.load(device="cpu")


@pytest.fixture(scope="session")
def sample_prediction(predictor):  # type: ignore[no-untyped-def]
    """The shipped model's result on the first sample study."""
    from bsnet_core.loading import load_radiograph
    from bsnet_core.resources import sample_files

    return predictor.predict(load_radiograph(sample_files()[0]))

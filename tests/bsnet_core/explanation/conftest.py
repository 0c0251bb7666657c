"""A small network, its prediction and its exact explanation map."""

import pytest

from bsnet_core.explanation import explain
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from tests.bsnet_core.explanation.small_networks import small_predictor


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    return small_predictor(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def prediction(small):
    return small.predict(load_radiograph(sample_files()[0]))


@pytest.fixture(scope="session")
def explained(small, prediction):
    return explain(small, prediction)

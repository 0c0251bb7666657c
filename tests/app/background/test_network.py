"""The network in a process of its own."""

from __future__ import annotations

import os
import sys
import threading

import numpy as np
import pytest

from app.background.network import ModelChoice, Network
from app.background.network_process import NICENESS
from bsnet_core.errors import Cancelled, UnforeseenError, UnsuitableImageError, WeightsError
from bsnet_core.explanation import Mode
from bsnet_core.language import languages, use_language
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from tests.dicom_files import ramp, write_dicom

ARRAYS = ("network_image", "lung_probability", "aligned_image", "aligned_lung_probability", "zone_probabilities")
ENDS_AT_ONCE = (sys.executable, "-c", "import sys; sys.exit(3)")
NEVER_ANSWERS = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")


@pytest.fixture(scope="module")
def network():
    made = Network()
    yield made
    made.close()


@pytest.fixture
def choice(shipped_model):
    return ModelChoice(shipped_model, "cpu")


@pytest.fixture(scope="module")
def image():
    return load_radiograph(sample_files()[0])


def no_report(stage, fraction):
    pass


def ignore(part):
    pass


def test_the_child_gives_what_the_predictor_gives_bit_for_bit_and_read_only(
    network, choice, image, predictor, sample_prediction
):
    lungs = []
    prediction = network.predict(choice, image, no_report, lungs.append)
    assert prediction.model == sample_prediction.model
    assert prediction.quality == sample_prediction.quality
    for name in ARRAYS:
        here, there = getattr(sample_prediction, name), getattr(prediction, name)
        np.testing.assert_array_equal(there, here)
        assert not there.flags.writeable, name
    (found,) = lungs
    np.testing.assert_array_equal(found.lung_probability, sample_prediction.lung_probability)


def test_a_map_grows_and_stops_when_asked_and_the_same_child_goes_on(network, choice, image):
    prediction = network.predict(choice, image, no_report, ignore)
    process, parts = network._process, []

    def stop_after_the_first_part(stage, fraction):
        if parts:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        network.explain(choice, prediction, Mode.FAST, stop_after_the_first_part, parts.append)
    assert not parts[0].is_whole
    assert network.predict(choice, image, no_report, ignore).score == prediction.score
    assert network._process is process


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="processes have no niceness here")
def test_the_network_steps_back_behind_the_window(network, choice, image):
    network.predict(choice, image, no_report, ignore)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, network._process.pid) == min(own + NICENESS, 19)


def test_what_the_gate_refuses_comes_back_as_the_same_kind_of_error(network, choice, tmp_path):
    lateral = write_dicom(tmp_path / "lateral.dcm", ramp(700, 600), bits=12, ViewPosition="LL")
    with pytest.raises(UnsuitableImageError, match="lateral"):
        network.predict(choice, load_radiograph(lateral), no_report, ignore)


@pytest.mark.skipif("it" not in languages(), reason="needs the Italian catalogue")
def test_the_child_speaks_the_language_of_the_window(network, choice, image):
    said = {}
    try:
        for language in ("en", "it"):
            use_language(language)
            said[language] = []
            network.predict(choice, image, lambda stage, share, said=said[language]: said.append(stage), ignore)
    finally:
        use_language("en")
    assert "Finding the lungs" in said["en"]
    assert len(said["it"]) == len(said["en"])
    assert not set(said["it"]) & set(said["en"])


def test_a_missing_model_is_said_without_a_child(image, tmp_path):
    network = Network()
    with pytest.raises(WeightsError, match=r"model\.json"):
        network.predict(ModelChoice(tmp_path), image, no_report, ignore)
    assert not network.is_running


def test_a_child_that_ends_before_its_time_is_told_and_another_one_is_started(choice, image):
    network = Network(ENDS_AT_ONCE)
    for _time in range(2):
        with pytest.raises(UnforeseenError, match="ended unexpectedly"):
            network.predict(choice, image, no_report, ignore)
    assert not network.is_running


def test_ending_the_child_frees_whoever_waits_for_it(choice, image):
    network, waits, outcome = Network(NEVER_ANSWERS), threading.Event(), []

    def ask():
        try:
            network.predict(choice, image, lambda stage, fraction: waits.set(), ignore)
        except Cancelled as error:
            outcome.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    assert waits.wait(20)
    network.end()
    asking.join(20)
    assert not asking.is_alive()
    assert len(outcome) == 1
    assert not network.is_running

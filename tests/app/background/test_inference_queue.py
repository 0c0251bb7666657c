"""What runs, what is interrupted and what continues, with a network that answers nothing."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

from app.background.image_loader import ImageLoader
from app.background.inference_queue import InferenceQueue
from app.background.network import ModelChoice, Network
from app.background.prediction_store import PredictionStore
from app.session.open_image import ImageState
from app.session.session import Session
from bsnet_core.errors import UnforeseenError
from bsnet_core.explanation import Masking, Mode
from bsnet_core.radiograph import Radiograph
from tests.app.predictions import explanation, prediction

NEVER_ANSWERS = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")
IMAGES = 3


@pytest.fixture
def session(qapp):
    made = Session()
    for number in range(IMAGES):
        image = made.add(Path(f"/images/{number}.dcm"))
        radiograph = Radiograph(np.zeros((8, 8), dtype=np.uint16), 0, 12, False)
        made.accept_radiograph(image.key, radiograph, np.zeros((4, 4), dtype=np.uint8))
    return made


@pytest.fixture
def inference(qtbot, session, shipped_model, tmp_path):
    loader, network = ImageLoader(session), Network(NEVER_ANSWERS)
    made = InferenceQueue(session, loader, network, ModelChoice(shipped_model, "cpu"), PredictionStore(tmp_path))
    yield made
    made.cancel()
    parts = (made, loader)
    for part in parts:
        part.close()
    assert all(part.wait(30.0) for part in parts)
    network.close()


def states(session):
    return [image.state for image in session.images]


def test_a_second_request_stops_the_first_and_its_image_is_as_before(session, inference):
    inference.analyse(0)
    assert states(session) == [ImageState.ANALYSING, ImageState.READY, ImageState.READY]
    inference.analyse(1)
    assert states(session) == [ImageState.READY, ImageState.ANALYSING, ImageState.READY]
    assert inference.is_busy


def test_another_image_on_the_screen_stops_what_runs(session, inference):
    session.select(0)
    inference.analyse(0)
    session.select(1)
    assert not inference.is_busy
    assert states(session) == [ImageState.READY] * IMAGES


def test_an_image_with_a_prediction_or_a_reason_for_having_none_is_not_new(session, inference):
    session.accept_prediction(0, prediction())
    session.mark(1, ImageState.NOT_SCORED)
    for key in range(IMAGES):
        inference.analyse_if_new(key)
    assert states(session) == [ImageState.ANALYSED, ImageState.NOT_SCORED, ImageState.ANALYSING]


def test_the_image_on_the_screen_is_the_first_when_the_batch_continues(qtbot, session, inference):
    batches = []
    inference.batch_changed.connect(lambda done, size: batches.append((done, size)))
    inference.analyse_all()
    assert states(session)[0] is ImageState.ANALYSING
    session.select(2)
    assert states(session) == [ImageState.READY] * IMAGES
    qtbot.waitUntil(lambda: inference.is_busy)
    assert states(session)[2] is ImageState.ANALYSING
    inference.cancel()
    assert batches == [(0, IMAGES), (0, 0)]
    assert states(session) == [ImageState.READY] * IMAGES


def test_only_the_explanation_of_its_own_image_is_under_way(session, inference):
    session.accept_prediction(0, prediction())
    inference.explain(0, Mode.FAST)
    assert inference.is_explaining(0)
    assert not inference.is_explaining(1)
    inference.cancel()
    assert not inference.is_explaining(0)


def part_of(whole):
    """The same map, as far as its first region is computed."""
    return dataclasses.replace(whole, computed=np.arange(len(whole.contributions)) < 1)


def test_a_complete_map_stays_until_the_exact_one_is_complete_and_when_that_is_stopped(session, inference):
    session.accept_prediction(0, prediction())
    fast = explanation({5: (1, 0, 2)})
    session.accept_explanation(0, fast)
    inference.explain(0, Mode.EXACT, Masking.BLACK)
    inference._running.job.part_arrived.emit(part_of(fast))
    assert session.image(0).explanation is fast
    inference.cancel()
    assert session.image(0).explanation is fast


def test_an_exact_map_that_is_stopped_leaves_what_was_there_before(session, inference):
    session.accept_prediction(0, prediction())
    for before in (None, part_of(explanation({5: (1, 0, 2)}))):
        session.accept_explanation(0, before)
        inference.explain(0, Mode.EXACT, Masking.BLACK)
        growing = part_of(explanation({6: (1, 0, 2)}))
        inference._running.job.part_arrived.emit(growing)
        assert session.image(0).explanation is growing
        inference.cancel()
        assert session.image(0).explanation is before


def test_an_exact_map_that_fails_leaves_what_was_there_before(session, inference):
    session.accept_prediction(0, prediction())
    before = part_of(explanation({5: (1, 0, 2)}))
    session.accept_explanation(0, before)
    inference.explain(0, Mode.EXACT, Masking.BLACK)
    job = inference._running.job
    job.part_arrived.emit(part_of(explanation({6: (1, 0, 2)})))
    job.failed.emit(UnforeseenError("The network's process ended."))
    assert session.image(0).explanation is before


def test_no_map_is_put_back_on_an_image_that_was_taken_off_the_list(session, inference):
    session.accept_prediction(0, prediction())
    session.accept_explanation(0, part_of(explanation({5: (1, 0, 2)})))
    inference.explain(0, Mode.EXACT, Masking.BLACK)
    session.remove(0)
    assert not inference.is_busy
    assert session.image(0).explanation is None


def test_a_fast_map_that_is_stopped_stays_as_far_as_it_is(session, inference):
    session.accept_prediction(0, prediction())
    inference.explain(0, Mode.FAST, Masking.BLACK)
    growing = part_of(explanation({6: (1, 0, 2)}))
    inference._running.job.part_arrived.emit(growing)
    inference.cancel()
    assert session.image(0).explanation is growing


def test_images_wait_for_nothing_while_all_are_analysed_unless_the_work_was_stopped(qtbot, session, inference):
    session.select(1)
    inference.analyses_all = True
    assert states(session) == [ImageState.READY, ImageState.ANALYSING, ImageState.READY]
    assert not inference.serves_request
    inference.cancel()
    session.select(0)
    with qtbot.assertNotEmitted(inference.busy_changed, wait=200):
        pass
    assert states(session) == [ImageState.READY] * IMAGES
    inference.analyse_all()
    assert states(session) == [ImageState.ANALYSING, ImageState.READY, ImageState.READY]


def test_switching_the_work_ahead_off_leaves_what_was_requested(session, inference):
    inference.analyses_all = True
    inference.analyse(2)
    inference.analyses_all = False
    assert states(session) == [ImageState.READY, ImageState.READY, ImageState.ANALYSING]
    assert inference.serves_request


def test_an_image_that_is_analysed_ahead_is_not_begun_again_when_it_is_shown(qtbot, session, inference):
    session.select(0)
    session.accept_prediction(0, prediction())
    inference.analyses_all = True
    assert states(session)[1] is ImageState.ANALYSING
    with qtbot.assertNotEmitted(inference.busy_changed, wait=200):
        session.select(1)
        inference.analyse_if_new(1)
    assert inference.serves_request


def test_images_beside_the_one_shown_come_before_the_next(session, inference):
    session.select(0)
    session.accept_prediction(0, prediction())
    inference.show_beside((2,))
    inference.analyses_all = True
    assert states(session) == [ImageState.ANALYSED, ImageState.READY, ImageState.ANALYSING]


def test_an_image_that_was_analysed_ahead_counts_as_analysed_when_it_is_shown(qtbot, session, inference):
    session.accept_prediction(0, prediction())
    with qtbot.waitSignal(inference.analysed) as told:
        inference.analyse_if_new(0)
    assert told.args == [0]

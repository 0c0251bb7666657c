from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.session.kept_maps import KEPT_PREDICTIONS
from app.session.kept_pixels import KEPT_RADIOGRAPHS
from app.session.open_image import ImageState
from bsnet_core.brixia import Zone
from bsnet_core.errors import UnforeseenError, UnreadableImageError
from bsnet_core.radiograph import Radiograph
from tests.app.predictions import explanation, prediction

THUMBNAIL = np.zeros((4, 4), dtype=np.uint8)


def radiograph():
    return Radiograph(np.zeros((8, 8), dtype=np.uint16), 0, 12, False)


def add(session, count):
    return [session.add(Path(f"/films/{number}.dcm")).key for number in range(count)]


def test_a_file_opened_twice_is_one_study(session):
    first = session.add(Path("/films/a.dcm"))
    assert session.add(Path("/films/a.dcm")).key == first.key
    assert len(session.images) == 1


def test_what_was_entered_survives_results_errors_and_switching(session):
    one, two = add(session, 2)
    session.select(one)
    session.enter(one, Zone.A, 2)
    session.enter(one, Zone.F, 0)
    session.accept_radiograph(one, replace(radiograph(), loading_notes=("A note.",)), THUMBNAIL)
    assert session.image(one).loading_notes == ("A note.",)
    session.accept_prediction(one, prediction())
    session.accept_failure(one, ImageState.NOT_SCORED, UnforeseenError("The network stopped."))
    session.accept_failure(two, ImageState.UNREADABLE, UnreadableImageError("This file is empty."))
    session.select(two)
    session.select(one)
    assert session.image(one).draft == {Zone.A: 2, Zone.F: 0}
    assert session.image(one).problem == "The network stopped."


def test_the_entered_total_needs_all_six_zones(session):
    (key,) = add(session, 1)
    for zone in list(Zone)[:5]:
        session.enter(key, zone, 3)
    assert session.image(key).entered_score is None
    session.enter(key, Zone.F, 1)
    assert session.image(key).entered_score.total == 16
    session.enter(key, Zone.F, None)
    assert session.image(key).entered_score is None


def test_a_new_result_takes_the_old_map_with_it(session):
    (key,) = add(session, 1)
    session.accept_prediction(key, prediction("100000"))
    session.accept_explanation(key, explanation({}))
    assert session.image(key).explanation is not None
    session.accept_prediction(key, prediction("200000"))
    assert session.image(key).explanation is None


def test_pixels_of_only_a_few_studies_stay_and_those_on_the_screen_among_them(session):
    keys = add(session, KEPT_RADIOGRAPHS + 3)
    session.select(keys[0])
    for key in keys:
        session.accept_radiograph(key, radiograph(), THUMBNAIL, make_room=True)
    kept = [key for key in keys if session.radiograph_of(key) is not None]
    assert len(kept) == KEPT_RADIOGRAPHS
    assert keys[0] in kept
    assert keys[-1] in kept
    assert all(session.image(key).thumbnail is not None for key in keys)


def test_reading_for_thumbnails_pushes_nothing_out(session):
    keys = add(session, KEPT_RADIOGRAPHS + 3)
    session.select(keys[0])
    for key in keys:
        session.accept_radiograph(key, radiograph(), THUMBNAIL)
    assert [key for key in keys if session.radiograph_of(key) is not None] == keys[:KEPT_RADIOGRAPHS]


def test_maps_of_studies_long_not_shown_go_and_their_scores_stay(session):
    keys = add(session, KEPT_PREDICTIONS + 2)
    session.select(keys[0])
    for key in keys:
        session.accept_prediction(key, prediction("111111"))
    dropped = [key for key in keys if session.image(key).prediction is None]
    assert dropped == keys[1:3]
    assert [session.image(key).score.total for key in keys] == [6] * len(keys)
    assert {session.image(key).state for key in keys} == {ImageState.ANALYSED}


@pytest.mark.parametrize(
    ("scored", "problem", "state"),
    [(True, False, ImageState.ANALYSED), (False, True, ImageState.NOT_SCORED), (False, False, ImageState.READY)],
)
def test_a_stopped_analysis_puts_the_study_back_to_where_it_stood(session, scored, problem, state):
    (key,) = add(session, 1)
    session.accept_radiograph(key, radiograph(), THUMBNAIL)
    if scored:
        session.accept_prediction(key, prediction())
    if problem:
        session.accept_failure(key, ImageState.NOT_SCORED, UnforeseenError("No."))
    session.mark(key, ImageState.ANALYSING)
    session.mark_analysis_stopped(key)
    assert session.image(key).state is state


def test_a_read_only_image_takes_no_zone_correction_or_undo(session):
    (key,) = add(session, 1)
    for zone in Zone:
        session.enter(key, zone, 1)
    session.save_reading(key)
    session.make_read_only([key])
    steps = session.undo_stack.count()
    session.enter(key, Zone.A, 3)
    session.correct(key)
    session.clear_draft(key)
    assert session.image(key).draft == {}
    assert len(session.image(key).readings) == 1
    assert session.undo_stack.count() == steps

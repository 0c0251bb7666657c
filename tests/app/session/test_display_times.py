from datetime import UTC, datetime, timedelta

from app.session.display_times import DisplayTimes
from bsnet_core.brixia import ZONES

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_first_display_counts_until_another_reading_begins():
    times = DisplayTimes()
    assert times.since(1) is None
    times.note(1, NINE)
    times.note(1, NINE + MINUTE)
    assert times.since(1) == NINE
    times.restart(1, NINE + 2 * MINUTE)
    assert times.since(1) == NINE + 2 * MINUTE
    times.forget(1)
    assert times.since(1) is None


def test_another_reader_begins_all_images_but_those_kept():
    times = DisplayTimes()
    times.note(1, NINE)
    times.note(2, NINE)
    times.keep_only([2, 3])
    assert (times.since(1), times.since(2)) == (None, NINE)


def test_a_reading_knows_how_long_its_image_was_displayed(read_session):
    read_session.note_displayed(0)
    for zone in ZONES:
        read_session.enter(0, zone, 1)
    saved = read_session.save_reading(0)
    assert saved.displayed_at < saved.started_at
    assert saved.seconds_to_save == (saved.saved_at - saved.displayed_at).total_seconds() > 0


def test_a_reading_begun_in_another_session_does_not_claim_a_time_of_display(read_session):
    read_session.recall(0, dict.fromkeys(ZONES, 1), (), draft_started_at=NINE - MINUTE)
    read_session.note_displayed(0)
    assert read_session.save_reading(0).displayed_at is None


def test_a_correction_is_timed_from_its_beginning(read_session):
    read_session.note_displayed(0)
    for zone in ZONES:
        read_session.enter(0, zone, 1)
    first = read_session.save_reading(0)
    read_session.correct(0)
    assert read_session.save_reading(0).displayed_at > first.saved_at

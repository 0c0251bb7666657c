"""A radiologist measures, and finds the measurements again: after a restart, after a kill, and not as a hint."""

import signal
import subprocess
import sys

import pytest
from PySide6.QtCore import QPoint, Qt

from app.canvas.measuring import Distance
from app.library.records import Event
from app.panels.image_history import ImageHistoryWindow
from tests.dicom_files import ramp, write_dicom
from tests.journeys.test_error_stories import end, save_by_keys, score_by_keys
from tests.journeys.test_library_in_the_window import wait_until_read
from tests.journeys.test_reading_story import wait_until_rested

WITHIN_MS = 120_000
LINE = Distance((100.0, 100.0), (200.0, 150.0))


@pytest.fixture
def image(tmp_path):
    return write_dicom(tmp_path / "film.dcm", ramp(500, 400), bits=12)


@pytest.fixture
def start(qtbot, open_viewer, no_model, image):
    def opened(reader="Reader One"):
        viewer = open_viewer("--model", no_model, image)
        viewer.session.reader = reader
        wait_until_read(qtbot, viewer)
        wait_until_rested(qtbot, viewer)
        return viewer

    return opened


def drag(qtbot, view, start, finish):
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view, finish)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=finish)


def test_a_measured_distance_is_there_at_the_next_start_and_undo_takes_it_away_for_good(qtbot, start):
    first = start()
    first.actions_by_name["mode_distance"].trigger()
    middle = first.view.rect().center()
    drag(qtbot, first.view, middle - QPoint(60, 40), middle + QPoint(60, 40))
    (measured,) = first.view.annotations.items
    end(first)

    second = start()
    qtbot.waitUntil(lambda: second.view.annotations.items == (measured,), timeout=WITHIN_MS)
    second.view.annotations.remove(0, "delete measurement")
    second.actions_by_name["undo"].trigger()
    assert second.view.annotations.items == (measured,)
    second.actions_by_name["redo"].trigger()
    end(second)

    third = start()
    assert third.view.annotations.items == ()


def test_a_distance_measured_on_the_prior_film_is_kept_with_that_film_and_can_be_undone(
    qtbot, open_viewer, no_model, tmp_path
):
    paths = [
        write_dicom(tmp_path / f"{day}.dcm", ramp(500, 400), 12, StudyDate=day) for day in ("20200110", "20200101")
    ]

    def opened():
        viewer = open_viewer("--model", no_model, *paths)
        wait_until_read(qtbot, viewer)
        qtbot.waitUntil(lambda: viewer.session.image(1).is_loaded, timeout=WITHIN_MS)
        viewer.actions_by_name["compare_prior"].trigger()
        qtbot.waitUntil(lambda: viewer.group.prior_shown, timeout=WITHIN_MS)
        wait_until_rested(qtbot, viewer)
        return viewer

    first = opened()
    first.actions_by_name["mode_distance"].trigger()
    prior = first.group.prior
    middle = prior.rect().center()
    drag(qtbot, prior, middle - QPoint(40, 30), middle + QPoint(40, 30))
    (measured,) = prior.annotations.items
    assert first.view.annotations.items == ()
    first.actions_by_name["undo"].trigger()
    assert prior.annotations.items == ()
    first.actions_by_name["redo"].trigger()
    end(first)

    second = opened()
    qtbot.waitUntil(lambda: second.group.prior.annotations.items == (measured,), timeout=WITHIN_MS)
    second.session.select(1)  # the same film, now alone and large
    qtbot.waitUntil(lambda: second.view.annotations.items == (measured,), timeout=WITHIN_MS)
    second.session.select(0)
    qtbot.waitUntil(lambda: second.group.prior_shown, timeout=WITHIN_MS)
    second.group.prior.setFocus()
    second.actions_by_name["clear_annotations"].trigger()
    assert second.group.prior.annotations.items == ()
    end(second)

    third = opened()
    assert third.group.prior.annotations.items == ()


def test_by_keys_alone_one_measurement_after_the_other_is_chosen_moved_and_deleted(qtbot, start):
    viewer = start()
    view = viewer.view
    other = Distance((50.0, 60.0), (80.0, 60.0))
    for line in (LINE, other):
        view.annotations.add(line, "Distance")
    viewer.actions_by_name["annotations"].setChecked(False)
    view.setFocus()
    for _press in range(2):
        qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    assert view.annotations_shown
    assert view.selected_annotation == 1
    qtbot.keyClick(view, Qt.Key.Key_Right)
    first, moved = view.annotations.items
    assert first == LINE
    assert moved.start[0] > other.start[0]
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert view.annotations.items == (LINE,)
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    assert view.selected_annotation == 0
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    assert view.selected_annotation is None


MEASURE_AND_WAIT = """
import sys
import app.__main__ as viewer
from app.canvas.measuring import Distance

opened = viewer.open_window

def open_and_measure(*arguments):
    window = opened(*arguments)

    def measure(key, recalled):
        window.view.annotations.add(Distance((100.0, 100.0), (200.0, 150.0)), "Distance")

        def look():
            def tell(kept):
                if kept:
                    print("kept", flush=True)
                else:
                    look()
            window.keeper.ask_of(key, lambda library, number: library.annotations_of(number), tell)

        look()

    window.keeper.recalled.connect(measure)
    return window

viewer.open_window = open_and_measure
sys.exit(viewer.main(["--model", sys.argv[1], sys.argv[2]]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_measurement_is_there_after_the_program_was_killed(qtbot, own_home, open_viewer, no_model, image):
    arguments = [sys.executable, "-c", MEASURE_AND_WAIT, str(no_model), str(image)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "kept\n"
        process.send_signal(signal.SIGKILL)
    viewer = open_viewer("--model", no_model, image)
    wait_until_read(qtbot, viewer)
    qtbot.waitUntil(lambda: viewer.view.annotations.items == (LINE,), timeout=WITHIN_MS)


def test_while_reading_blind_another_reader_s_measurements_are_seen_only_after_the_own_score(qtbot, start):
    first = start("Reader One")
    first.view.annotations.add(LINE, "Distance")
    end(first)

    second = start("Reader Two")
    assert second.view.annotations.items == (LINE,)
    second.session.blind = True
    assert second.view.annotations.items == ()
    score_by_keys(qtbot, second)
    save_by_keys(qtbot, second)
    assert second.view.annotations.items == (LINE,)
    second.session.reader = "Reader Three"
    assert second.view.annotations.items == ()
    second.session.reader = "Reader One"
    assert second.view.annotations.items == (LINE,)


def test_measurements_name_nobody_and_are_kept_where_identities_are_not(qtbot, start, own_home):
    first = start()
    first.keeper.set_keep_identity(False)
    first.view.annotations.add(LINE, "Distance")
    first.actions_by_name["clear_annotations"].trigger()
    first.actions_by_name["undo"].trigger()
    end(first)
    assert start().view.annotations.items == (LINE,)


def test_the_history_tells_who_did_what_and_is_reached_by_key(qtbot, start):
    viewer = start("Dr. Rossi")
    qtbot.keyClick(viewer, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    window = viewer.findChild(ImageHistoryWindow)
    assert window.isVisible()
    score_by_keys(qtbot, viewer)
    save_by_keys(qtbot, viewer)
    qtbot.waitUntil(lambda: window.table.rowCount() == 1, timeout=WITHIN_MS)
    assert [window.table.item(0, column).text() for column in (1, 2)] == ["Dr. Rossi", "saved a reading"]
    viewer.keeper.log(Event.EXPORTED, "report", 0)
    qtbot.waitUntil(lambda: window.table.rowCount() == 2, timeout=WITHIN_MS)
    assert window.table.item(0, 2).text() == "exported: report"
    assert window.table.editTriggers() == window.table.EditTrigger.NoEditTriggers

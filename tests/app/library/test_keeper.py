import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.library.keeper import REMEMBERED_AT_ONCE, Keeper
from app.library.library import Library
from app.library.records import Event
from app.settings.paths import LIBRARY_NAME
from bsnet_core.brixia import Zone
from bsnet_core.errors import LibraryError
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import ImageMetadata, Radiograph
from bsnet_core.resources import sample_files
from tests.app.library.window_session import Window
from tests.app.library_content import metadata
from tests.app.predictions import prediction


@pytest.fixture
def another_window(path):
    """Opens the file as another window would."""

    @contextlib.contextmanager
    def opened():
        library = Library.open(path, keep_identity=True)
        yield library
        library.close()

    return opened


def test_an_image_its_predictions_and_readings_are_found_again_after_a_restart(open_window):
    first = open_window()
    key = first.open()
    first.session.accept_prediction(key, prediction("012321"))
    first.save(key, "111111")
    first.save(key, "222222")
    assert first.keeper.unkept == ()
    assert first.keeper.close()
    second = open_window()
    again = second.open(file="/elsewhere/1.dcm")
    image = second.session.image(again)
    assert [str(reading.score) for reading in image.readings] == ["111111", "222222"]
    assert image.draft == {}
    recalled = second.ask(lambda library: library.recall(1, "Reader One"))
    assert str(recalled.prediction.score) == "012321"
    assert recalled.image.path == Path("/elsewhere/1.dcm")


def test_a_prediction_is_kept_once_however_often_the_image_changes(open_window):
    window = open_window()
    key = window.open()
    window.session.accept_prediction(key, prediction("012321"))
    window.enter(key, "12")
    window.session.accept_prediction(key, prediction("333333"))
    window.wait()
    kept = window.ask(lambda library: library.predictions_of(1))
    assert [str(one.score) for one in kept] == ["012321", "333333"]
    assert {one.model.sha256 for one in kept} == {"0123456789abcdef" * 4}


def test_zones_entered_and_not_saved_come_back_after_a_restart(open_window, qtbot, another_window):
    first = open_window()
    key = first.open()
    first.enter(key, "301")
    started_at = first.session.image(key).draft_started_at

    def is_kept():
        with another_window() as other:
            draft = other.draft_of(1, "Reader One")
            assert draft is not None
            assert len(draft.zones) == 3

    qtbot.waitUntil(is_kept, timeout=20_000)
    second = open_window()  # the first one is still open, as after a crash that nobody noticed
    again = second.session.image(second.open())
    assert again.draft == {Zone.A: 3, Zone.B: 0, Zone.C: 1}
    assert again.draft_started_at == started_at


def test_the_last_zones_are_kept_when_the_window_closes(open_window, another_window):
    window = open_window()
    key = window.open()
    window.enter(key, "30123")
    assert window.keeper.close()
    with another_window() as other:
        assert len(other.draft_of(1, "Reader One").zones) == 5


def test_a_saved_or_emptied_draft_does_not_come_back(open_window, another_window):
    window = open_window()
    one, two = window.open(), window.open(metadata(2), "/films/2.dcm")
    window.save(one, "111111")
    window.enter(two, "12")
    window.session.clear_draft(two)
    assert window.keeper.close()
    with another_window() as other:
        assert other.draft_of(1, "Reader One") is None
        assert other.draft_of(2, "Reader One") is None


def test_what_was_entered_before_the_library_answered_stays(open_window):
    first = open_window()
    key = first.open()
    first.enter(key, "12")
    assert first.keeper.close()
    second = open_window()
    again = second.session.add(Path("/films/1.dcm")).key
    second.enter(again, "3")
    with second.qtbot.waitSignal(second.keeper.recalled, timeout=20_000):
        second.read(again, metadata())
    assert second.session.image(again).draft == {Zone.A: 3, Zone.B: 2}


def test_a_reading_that_cannot_be_kept_stays_and_is_kept_once_there_is_a_way(open_window, tmp_path, qtbot):
    blocked = tmp_path / "folder"
    blocked.write_text("a file where the folder should be")
    window = Window(qtbot, blocked / LIBRARY_NAME)
    key = window.session.add(Path("/films/1.dcm")).key
    window.read(key, metadata())
    window.enter(key, "123012")
    with qtbot.waitSignal(window.keeper.not_kept, timeout=20_000) as told:
        reading = window.session.save_reading(key)
    assert told.args[:2] == [key, reading]
    assert isinstance(told.args[2], LibraryError)
    assert window.session.image(key).readings == (reading,)
    assert window.keeper.unkept == ((key, reading),)
    window.wait()
    assert len(window.failures) == 1  # of the library as a whole, not of every image
    blocked.unlink()
    with qtbot.waitSignal(window.keeper.kept, timeout=20_000):
        window.keeper.try_again()
    assert window.keeper.unkept == ()
    assert window.ask(lambda library: library.readings_of(1)) == (reading,)
    assert window.keeper.close()


def test_a_damaged_library_is_told_when_it_is_opened(qtbot, open_window, path):
    path.write_text("This is no database.\n" * 100)
    window = open_window()
    with qtbot.waitSignal(window.keeper.opened, timeout=20_000) as told:
        pass
    assert "quarantined" in told.args[0].sentence


def test_the_log_tells_who_saw_a_prediction_once_and_the_session_learns_it_again(open_window):
    first = open_window()
    key = first.open()
    first.session.accept_prediction(key, prediction())
    first.session.accept_prediction(key, prediction("111111"))
    first.save(key, "111111")
    first.keeper.log(Event.EXPORTED, "pdf", key)
    assert first.keeper.close()
    second = open_window()
    again = second.open()
    assert second.session.image(again).was_seen_by("Reader One")
    second.session.accept_prediction(again, prediction("222222"))
    second.wait()
    entries = second.ask(lambda library: library.log_entries())
    assert [(entry.event, entry.reader, entry.image, entry.detail) for entry in entries] == [
        (Event.SEEN, "Reader One", 1, ""),
        (Event.SAVED, "Reader One", 1, ""),
        (Event.EXPORTED, "Reader One", 1, "pdf"),
    ]


def test_a_blind_reading_stays_blind_in_the_library_and_revealing_is_logged(open_window):
    window = open_window()
    one, two = window.open(), window.open(metadata(2), "/films/2.dcm")
    window.session.blind = True
    for key in (one, two):
        window.session.accept_prediction(key, prediction())
    window.save(one, "111111")
    window.session.blind = False
    window.wait()
    (kept,) = window.ask(lambda library: library.readings_of(1))
    assert kept.blind
    revealed = [e.image for e in window.ask(lambda library: library.log_entries()) if e.event is Event.REVEALED]
    assert revealed == [2]


def test_a_prediction_seen_in_another_window_makes_the_reading_not_blind_in_both(open_window):
    blind, other = open_window(), open_window()
    blind.session.blind = True
    key = blind.open()
    blind.session.accept_prediction(key, prediction())
    other.session.accept_prediction(other.open(), prediction())
    other.wait()
    assert blind.session.image(key).seen_by == frozenset()
    blind.save(key, "111111")
    (reading,) = blind.session.image(key).readings
    assert not reading.blind
    assert blind.ask(lambda library: library.readings_of(1)) == (reading,)


def test_a_prediction_shown_in_a_list_counts_as_seen_once(open_window):
    window = open_window()
    window.open()
    for _again in range(2):
        window.keeper.note_shown(1)
    window.wait()
    assert window.ask(lambda library: library.seen_by(1)) == {"Reader One"}
    assert len(window.ask(lambda library: library.log_entries(1))) == 1


def test_the_privacy_option_can_be_changed_while_the_window_is_open(open_window, qtbot):
    window = open_window(keep_identity=False)
    window.open()
    assert window.ask(lambda library: library.image(1)).metadata.patient_name == ""
    window.keeper.set_keep_identity(True)
    window.open(metadata(2), "/films/2.dcm")
    assert window.ask(lambda library: library.image(2)).metadata.patient_name == "Müller^Änne"
    forgotten = []
    window.keeper.forget_identities(forgotten.append)
    qtbot.waitUntil(lambda: bool(forgotten), timeout=20_000)
    assert forgotten[0].images == 1
    assert window.ask(lambda library: library.image(2)).metadata.patient_name == ""


READER = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.background.previews import thumbnail_of
from app.library.keeper import Keeper
from app.session.session import Session
from bsnet_core.brixia import ZONES
from bsnet_core.loading import load_radiograph
application = QCoreApplication([])
session = Session()
session.reader = "Reader One"
keeper = Keeper(session, Path(sys.argv[1]), keep_identity=True)
keeper.kept.connect(lambda key, reading: print(session.image(key).path.name, reading.score, flush=True))
def save(key, recalled):
    for zone, score in zip(ZONES, (1, 2, 3, 0, key, 2)):
        session.enter(key, zone, score)
    session.save_reading(key)
    session.enter(key, ZONES[0], 3)  # a correction that is never saved
keeper.recalled.connect(save)
for name in sys.argv[2:]:
    radiograph = load_radiograph(Path(name))
    session.accept_radiograph(session.add(Path(name)).key, radiograph, thumbnail_of(radiograph))
application.exec()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_readings_saved_before_the_power_went_are_there_when_the_images_are_opened_again(open_window, path):
    """The story of a reader whose computer stops: save, kill, open again, find everything."""
    files = [str(file) for file in sample_files()[:3]]
    process = subprocess.Popen([sys.executable, "-c", READER, str(path), *files], stdout=subprocess.PIPE, text=True)
    saved = dict(process.stdout.readline().split() for _ in files)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    window = open_window()
    for file in files:
        known = load_radiograph(Path(file)).metadata
        image = window.session.image(window.open(known, file))
        assert [str(reading.score) for reading in image.readings] == [saved[Path(file).name]]
        assert image.readings[0].reader == "Reader One"
    assert len(saved) == 3
    key = window.ask(lambda library: library.key_of(known))
    assert [past.image.metadata.study_date for past in window.ask(lambda library: library.history_of_patient(key))] == [
        "20200101", "20200105", "20200109",
    ]  # fmt: skip


def accept(session, path, known):
    radiograph = Radiograph(np.zeros((8, 8), dtype=np.uint16), 0, 12, False, metadata=known)
    session.accept_radiograph(session.add(path).key, radiograph, np.zeros((8, 8), dtype=np.uint8))


def test_many_images_come_into_the_library_with_few_writes(qtbot, session, tmp_path):
    keeper = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    kept, changes = [], []
    keeper.recalled.connect(lambda key, recalled: kept.append(key))
    keeper.changed.connect(lambda: changes.append(len(kept)))
    count = 2 * REMEMBERED_AT_ONCE + 1
    for number in range(count):
        accept(session, tmp_path / f"{number}.dcm", metadata(number))
    qtbot.waitUntil(lambda: len(kept) == count)
    assert [after for after in changes if after] == [1, 1 + REMEMBERED_AT_ONCE, count]
    assert keeper.close()


def test_an_image_that_is_gone_does_not_keep_the_others_out_of_the_library(qtbot, session, tmp_path):
    keeper = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    failures, kept = [], []
    keeper.failed.connect(failures.append)
    keeper.recalled.connect(lambda key, recalled: kept.append(key))
    for number, known in enumerate((metadata(1), ImageMetadata(), metadata(2))):
        accept(session, tmp_path / f"gone-{number}.png", known)
    qtbot.waitUntil(lambda: sorted(kept) == [0, 2] and bool(failures), timeout=20_000)
    assert "gone-1.png no longer exists" in str(failures[0])
    assert keeper.close()

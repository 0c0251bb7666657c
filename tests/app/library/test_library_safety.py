"""What may happen to the library's file: killed processes, two windows, no space on the disk."""

import contextlib
import multiprocessing
import random
import sys
import time
from datetime import timedelta

import pytest

from app.library.library import Library
from bsnet_core.errors import LibraryError
from tests.app.library.damage import integrity_of
from tests.app.library_content import MORNING, image, reading

KILLS = 50


@pytest.fixture(scope="module")
def processes():
    """Real processes, forked from one that has loaded the library already."""
    context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
    if sys.platform != "win32":
        context.set_forkserver_preload([__name__])
    return context


def save_on_and_on(path, reader, saved, count=None):
    """Saves readings, and reports each once the library has said that it is kept."""
    library = Library.open(path, keep_identity=True)
    number = library.remember_image(*image()).number
    done = 0
    while count is None or done < count:
        done += 1
        kept = reading("123012", reader, minutes=done)
        library.add_reading(number, kept)
        saved.send_bytes(kept.saved_at.isoformat().encode())
    library.close()


def reports_of(saved):
    reports = []
    with contextlib.suppress(EOFError, ConnectionResetError):
        while saved.poll():
            reports.append(saved.recv_bytes().decode())
    return reports


def test_a_killed_process_loses_no_reading_it_reported_as_saved(processes, path):
    chance = random.Random(4)
    most = 0
    for round_number in range(KILLS):
        reader = f"Reader {round_number}"
        receiving, sending = processes.Pipe(duplex=False)
        process = processes.Process(target=save_on_and_on, args=(path, reader, sending))
        process.start()
        sending.close()
        assert receiving.poll(60)  # it has begun to save
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.join()
        reported = reports_of(receiving)
        receiving.close()
        assert integrity_of(path) == "ok"
        library = Library.open(path, keep_identity=True)
        assert library.quarantined is None
        (row,) = library.images().rows
        kept = [entry.saved_at.isoformat() for entry in library.readings_of(row.image.number) if entry.reader == reader]
        library.close()
        assert reported
        assert kept[: len(reported)] == reported
        assert len(kept) <= len(reported) + 1  # one may have been kept and not reported any more
        most = max(most, len(reported))
    assert most > 1


def test_two_windows_save_into_one_library_at_once(processes, path):
    pipes, running = [], []
    for number in range(2):
        receiving, sending = processes.Pipe(duplex=False)
        running.append(processes.Process(target=save_on_and_on, args=(path, f"Window {number}", sending, 40)))
        pipes.append((receiving, sending))
    for process in running:
        process.start()
    for process in running:
        process.join(120)
        assert process.exitcode == 0
    library = Library.open(path, keep_identity=True)
    assert library.images().total == 1
    kept = library.readings_of(library.images().rows[0].image.number)
    library.close()
    assert sorted(entry.reader for entry in kept) == ["Window 0"] * 40 + ["Window 1"] * 40
    assert integrity_of(path) == "ok"


def test_an_open_library_sees_what_another_window_saved(path):
    mine, other = (Library.open(path, keep_identity=True) for _ in range(2))
    number = mine.remember_image(*image()).number
    other.add_reading(number, reading("222222", "Other"))
    mine.add_reading(number, reading("111111", "Mine"))
    assert [entry.reader for entry in other.readings_of(number)] == ["Other", "Mine"]
    for library in (mine, other):
        library.close()


def save_until_the_disk_is_full(path, told):
    import resource

    library = Library.open(path, keep_identity=True)
    number = library.remember_image(*image()).number
    library.add_reading(number, reading("111111", minutes=1))
    # No file may grow past this: what a full disk is to SQLite.
    most = (path.with_name(path.name + "-wal")).stat().st_size + 10_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    minutes = 1
    try:
        while minutes < 1000:
            library.add_reading(number, reading("222222", minutes=minutes + 1))
            minutes += 1
    except LibraryError as error:
        told.send((minutes, type(error).__name__, str(error)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    library.add_reading(number, reading("333333", minutes=minutes + 1))
    library.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs the limits of POSIX")
def test_a_full_disk_says_so_keeps_what_was_saved_and_takes_readings_again_once_there_is_room(processes, path):
    receiving, sending = processes.Pipe(duplex=False)
    process = processes.Process(target=save_until_the_disk_is_full, args=(path, sending))
    process.start()
    assert receiving.poll(60)
    saved, kind, sentence = receiving.recv()
    process.join(60)
    assert process.exitcode == 0
    assert kind == "LibraryUnwritableError"
    assert "save again" in sentence or "disk" in sentence
    library = Library.open(path, keep_identity=True)
    kept = library.readings_of(1)
    library.close()
    assert [entry.saved_at - MORNING for entry in kept] == [
        timedelta(minutes=number + 1) for number in range(saved + 1)
    ]
    assert str(kept[-1].score) == "333333"

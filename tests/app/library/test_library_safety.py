"""What may happen to the library's file: killed processes, two windows, damage, no room, no permission."""

import contextlib
import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.library.library import Library
from app.library.migrating import configuration
from app.library.opening import NEWEST_REVISION, quarantined_files
from app.library.recovery import recover
from app.library.schema import all_tables
from app.settings.paths import LIBRARY_NAME
from bsnet_core.errors import LibraryError, LibraryNewerError, LibraryUnwritableError
from tests.app.library_content import MORNING, fill, image, kept_prediction, reading

KILLS = 50
OLDER_FILE = Path(__file__).parents[2] / "reference" / "library-of-the-first-schema.sqlite3"
"""Made by the first migration alone, with one film of each of two patients, two readings and a draft."""
TABLES = ("studies", "predictions", "readings", "drafts", "annotations", "log")


@pytest.fixture(scope="module")
def processes():
    """Real processes, forked from one that has loaded the library already."""
    context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
    if sys.platform != "win32":
        context.set_forkserver_preload([__name__])
    return context


@pytest.fixture
def path(tmp_path):
    return tmp_path / LIBRARY_NAME


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


def integrity_of(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


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


# Damage


def filled(path, count=60):
    library = Library.open(path, keep_identity=True)
    fill(library, count)
    for number in range(1, count + 1):
        library.add_prediction(number, kept_prediction())
        library.add_reading(number, reading())
    library.close()
    return path.stat().st_size


def cut_off(path):
    os.truncate(path, path.stat().st_size * 2 // 3)


def overwrite_the_middle(path):
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle - 8192 : middle + 8192] = random.Random(1).randbytes(16384)
    path.write_bytes(content)


def fill_with_garbage(path):
    path.write_bytes(random.Random(2).randbytes(50_000))


def replace_by_text(path):
    path.write_text("This is no database.\n" * 100)


@pytest.mark.parametrize("damage", [cut_off, overwrite_the_middle, fill_with_garbage, replace_by_text])
def test_a_damaged_library_is_kept_aside_as_it_is_and_a_new_one_begun(path, damage):
    filled(path)
    damage(path)
    before = path.read_bytes()
    library = Library.open(path, keep_identity=True)
    assert library.quarantined is not None
    aside = library.quarantined.path
    assert aside.name.startswith("library.damaged-20")
    assert aside.read_bytes() == before
    assert quarantined_files(path) == (aside,)
    assert aside.name in library.quarantined.sentence
    assert "Recover the damaged library" in library.quarantined.sentence
    assert library.images().total == 0
    number = library.remember_image(*image()).number
    library.add_reading(number, reading())
    library.close()
    again = Library.open(path, keep_identity=True)
    assert again.quarantined is None
    assert again.readings_of(number) == (reading(),)
    again.close()


@pytest.mark.parametrize(("damage", "at_least"), [(cut_off, 20), (overwrite_the_middle, 20), (fill_with_garbage, 0)])
def test_what_can_be_read_of_a_damaged_library_is_salvaged(path, tmp_path, damage, at_least):
    filled(path)
    damage(path)
    before = path.read_bytes()
    target = tmp_path / "salvaged.jsonl"
    recovered = recover(path, target)
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert sum(recovered.rows.values()) == len(rows) >= at_least
    assert set(recovered.rows) <= set(TABLES)
    assert all(row["score"] == "111111" for row in rows if row["table"] == "readings")
    assert path.read_bytes() == before


def test_a_sound_library_is_salvaged_whole_with_what_is_still_in_its_journal(path, tmp_path):
    library = Library.open(path, keep_identity=True)
    number = library.remember_image(*image()).number
    library.add_reading(number, reading())
    recovered = recover(path, tmp_path / "salvaged.jsonl")
    library.close()
    assert recovered.rows == {"studies": 1, "readings": 1, "log": 1}


def test_a_second_damaged_library_does_not_take_the_place_of_the_first(path):
    for _ in range(3):
        replace_by_text(path)
        Library.open(path, keep_identity=True).close()
    assert len(quarantined_files(path)) == 3


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(path):
    Library.open(path, keep_identity=True).close()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(LibraryNewerError, match="newer version"):
        Library.open(path, keep_identity=True)
    assert path.read_bytes() == before
    assert quarantined_files(path) == ()


def test_a_database_of_another_program_is_refused_and_left_as_it_is(path):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(LibraryNewerError, match="another program"):
        Library.open(path, keep_identity=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM recipes").fetchone() == (0,)


# The disk


@pytest.fixture
def as_another_user():
    """The superuser may write anywhere, so tests of permissions are done as nobody."""
    if sys.platform == "win32":
        pytest.skip("Windows has other permissions")
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if is_root:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written_says_so(as_another_user):
    as_another_user.chmod(0o500)
    with pytest.raises(LibraryUnwritableError, match=r"cannot be written: Permission denied"):
        Library.open(as_another_user / LIBRARY_NAME, keep_identity=True)


def test_a_place_below_a_file_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryUnwritableError, match="cannot be written"):
        Library.open(tmp_path / "file" / LIBRARY_NAME, keep_identity=True)


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


# Older files


def test_a_library_of_the_first_schema_is_brought_to_today_s_with_all_its_rows(path):
    shutil.copyfile(OLDER_FILE, path)
    library = Library.open(path, keep_identity=True)
    assert library.quarantined is None
    first, second = (library.image(number) for number in (1, 2))
    assert (first.metadata.patient_name, second.metadata.patient_name) == ("Older^Film", "Other^Patient")
    assert [(entry.reader, str(entry.score), entry.blind) for entry in library.readings_of(1)] == [
        ("Reader One", "111111", True),
        ("Reader One", "123012", False),
    ]
    assert [str(entry.score) for entry in library.predictions_of(1)] == ["012321"]
    assert {zone.name: score for zone, score in library.draft_of(2, "Reader One").zones.items()} == {"A": 3, "F": 0}
    library.add_reading(2, reading())
    assert [past.image.number for past in library.history_of_patient(library.key_of(first.metadata))] == [1]
    assert len(library.log_entries()) == 1
    library.close()
    assert integrity_of(path) == "ok"


@pytest.mark.parametrize("begins_as", ["new", "older"])
def test_migrations_lead_to_exactly_the_tables_the_program_knows(path, begins_as):
    if begins_as == "older":
        shutil.copyfile(OLDER_FILE, path)
    library = Library.open(path, keep_identity=True)
    with library._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, all_tables) == []
        assert context.get_current_revision() == NEWEST_REVISION
    library.close()


def test_the_newest_migration_is_the_one_that_opening_expects():
    assert ScriptDirectory.from_config(configuration()).get_current_head() == NEWEST_REVISION

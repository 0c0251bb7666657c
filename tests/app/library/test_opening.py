import contextlib
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from app.library.library import Library
from app.library.opening import quarantined_files
from app.session.visibility import Visibility
from app.settings.paths import LIBRARY_NAME
from bsnet_core.errors import LibraryNewerError, LibraryUnwritableError
from tests.app.library.damage import (
    cut_off,
    fill_with_garbage,
    filled,
    overwrite_the_middle,
    replace_by_text,
)
from tests.app.library_content import image, reading


@pytest.mark.parametrize("damage", [cut_off, overwrite_the_middle, fill_with_garbage, replace_by_text])
def test_a_damaged_library_is_quarantined_unchanged_and_a_new_one_begun(path, damage):
    filled(path)
    damage(path)
    before = path.read_bytes()
    library = Library.open(path, keep_identity=True)
    assert library.quarantined is not None
    quarantined = library.quarantined.path
    assert quarantined.name.startswith("library.damaged-20")
    assert quarantined.read_bytes() == before
    assert quarantined_files(path) == (quarantined,)
    assert quarantined.name in library.quarantined.sentence
    assert "Recover the damaged library" in library.quarantined.sentence
    assert library.images().total == 0
    number = library.remember_image(*image()).number
    library.add_reading(number, reading())
    library.close()
    again = Library.open(path, keep_identity=True)
    assert again.quarantined is None
    assert again.readings_of(number) == (reading(),)
    again.close()


def test_a_second_damaged_library_does_not_take_the_place_of_the_first(path):
    for _ in range(3):
        replace_by_text(path)
        Library.open(path, keep_identity=True).close()
    assert len(quarantined_files(path)) == 3


def test_a_file_of_a_newer_version_is_rejected_and_left_as_it_is(path):
    Library.open(path, keep_identity=True).close()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(LibraryNewerError, match="newer version"):
        Library.open(path, keep_identity=True)
    assert path.read_bytes() == before
    assert quarantined_files(path) == ()


def test_a_database_of_another_program_is_rejected_and_left_as_it_is(path):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(LibraryNewerError, match="another program"):
        Library.open(path, keep_identity=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM recipes").fetchone() == (0,)


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
    with pytest.raises(LibraryUnwritableError, match=r"cannot be written to: Permission denied"):
        Library.open(as_another_user / LIBRARY_NAME, keep_identity=True)


def test_a_place_below_a_file_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryUnwritableError, match="cannot be written"):
        Library.open(tmp_path / "file" / LIBRARY_NAME, keep_identity=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_the_files_are_their_owners_alone_while_open_and_after(tmp_path):
    path = tmp_path / "data" / LIBRARY_NAME
    library = Library.open(path, keep_identity=True)
    library.remember_image(*image())
    names = {file.name for file in path.parent.iterdir()}
    assert {LIBRARY_NAME, f"{LIBRARY_NAME}-wal", f"{LIBRARY_NAME}-shm"} <= names
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    library.copy_to(path.parent / "copy.sqlite3")
    library.export_json_lines(path.parent / "rows.jsonl", Visibility())
    for name in ("copy.sqlite3", "rows.jsonl"):
        assert stat.S_IMODE((path.parent / name).stat().st_mode) == 0o600
    library.close()


def test_it_writes_ahead_and_waits_for_the_disk(library):
    with library._engine.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert values == ["wal", 2, 1, 1, 10000]

"""Opening the library's file: private to its owner, by one window at a time, checked and migrated to today's tables.

A damaged file is never deleted and gets no new rows: it is quarantined under another name, and a new library is made.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from app.library.records import Quarantined
from app.library.schema import APPLICATION_ID
from bsnet_core.errors import (
    LibraryBusyError,
    LibraryDamagedError,
    LibraryError,
    LibraryNewerError,
    LibraryUnwritableError,
)
from bsnet_core.language import translate as _
from bsnet_core.private_files import create_private_file, make_private_folder

NEWEST_REVISION = "4"
"""The last migration in `migrations/versions`; files of this revision open without alembic."""
BUSY_TIMEOUT_S = 10.0
COMPANIONS = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a database."""
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # a saved reading survives a power cut
    "fullfsync = ON",  # macOS: past the drive's own cache
    "foreign_keys = ON",
    "recursive_triggers = ON",  # REPLACE deletes, and the triggers must see it
    "secure_delete = ON",  # what is forgotten is overwritten
    "trusted_schema = OFF",
)
DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
UNWRITABLE = ("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")
BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


def open_database(path: Path) -> tuple[Engine, Quarantined | None]:
    """An engine for an intact library with today's tables.

    Args:
        path: The library's file; it and its folder are made if missing.

    Returns:
        The engine, and the quarantined file if the library was damaged.

    Raises:
        LibraryNewerError: written by a newer version or by another program; left unchanged.
        LibraryUnwritableError: no permission, no room, or an error of the disk.
        LibraryBusyError: another window keeps it locked.
    """
    quarantined = None
    with library_errors(path):
        make_private_folder(path.parent)
        with _one_process_at_a_time(path):
            _create_private(path)
            engine = engine_for(path)
            try:
                _check_and_migrate(engine, path)
            except LibraryDamagedError:
                engine.dispose()
                quarantined = _quarantine(path)
                _create_private(path)
                engine = engine_for(path)
                _check_and_migrate(engine, path)
            except LibraryError:
                engine.dispose()
                raise
    return engine, quarantined


def engine_for(path: Path) -> Engine:
    """An engine whose transactions begin as SQLite's do, to read; those that write: `with_write_transactions`."""
    engine = sqlalchemy.create_engine(
        f"sqlite:///{path}",
        hide_parameters=True,  # errors must not quote a patient's name
        connect_args={"timeout": BUSY_TIMEOUT_S},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # the driver must neither begin nor end transactions
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def with_write_transactions(engine: Engine) -> Engine:
    """The engine for transactions that write: they lock the file when they begin, not at their first change."""
    return engine.execution_options(begin="BEGIN IMMEDIATE")


def empty_journal(engine: Engine, path: Path) -> bool:
    """Empties the journal, which holds old pages too; False if another window uses it."""
    with library_errors(path), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").first()
    return busy is not None and not busy[0]


@contextlib.contextmanager
def library_errors(path: Path) -> Iterator[None]:
    """Turns errors of SQLite and of the file system into a `LibraryError` that names the file."""
    try:
        yield
    except DBAPIError as error:
        raise _library_error_of(error.orig, path) from error
    except (sqlite3.Error, OSError) as error:
        raise _library_error_of(error, path) from error


def companions_of(path: Path) -> tuple[Path, ...]:
    """The files that SQLite keeps beside a database while it is in use."""
    return tuple(path.with_name(path.name + ending) for ending in COMPANIONS)


def file_identity(path: Path) -> tuple[int, int] | None:
    """Device and number of a file, which tell it from another one of the same name; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def quarantined_files(path: Path) -> tuple[Path, ...]:
    """Damaged libraries quarantined beside this one, oldest first."""
    return tuple(sorted(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}")))


def _library_error_of(error: BaseException | None, path: Path) -> LibraryError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(DAMAGED):
        return LibraryDamagedError(_("The library {path} is damaged.").format(path=path))
    if name.startswith("SQLITE_FULL"):
        return LibraryUnwritableError(
            _("The disk that holds the library {path} is full. Free some space, then save again.").format(path=path)
        )
    if name.startswith(BUSY) or isinstance(error, TimeoutError):
        return LibraryBusyError(
            _("Another window has locked the library {path} for too long. Save again.").format(path=path)
        )
    if isinstance(error, OSError):
        return LibraryUnwritableError(
            _("The library {path} cannot be written to: {reason}.").format(path=path, reason=error.strerror or error)
        )
    if name.startswith(UNWRITABLE):
        return LibraryUnwritableError(
            _("The library {path} cannot be written to. Check its folder, its permissions and the disk.").format(
                path=path
            )
        )
    return LibraryError(_("The library {path} could not be used. Start the program again.").format(path=path))


def _create_private(path: Path) -> None:
    """Makes the file before SQLite does, which gives its companions the same permissions."""
    create_private_file(path)
    for companion in companions_of(path):
        if companion.exists():
            companion.chmod(0o600)


def _check_and_migrate(engine: Engine, path: Path) -> None:
    with library_errors(path):
        with engine.connect() as connection:
            revision = _revision_of(connection, path)
        if revision == NEWEST_REVISION:
            return
        from app.library.migrating import migrate

        with with_write_transactions(engine).begin() as connection:
            migrate(connection)


def _revision_of(connection: Connection, path: Path) -> str | None:
    """The file's last migration; None for an empty file.

    Raises:
        LibraryDamagedError: the file is no intact database.
        LibraryNewerError: it was written by a newer version or by another program.
    """
    faults = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if faults != "ok":
        raise LibraryDamagedError(_("The library {path} is damaged.").format(path=path))
    tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
    if not tables:
        return None
    application = connection.exec_driver_sql("PRAGMA application_id").scalar()
    if application != APPLICATION_ID or "alembic_version" not in tables:
        raise LibraryNewerError(
            _("The file {path} is a database of another program. It was left unchanged.").format(path=path)
        )
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision is None or int(revision) > int(NEWEST_REVISION):
        raise LibraryNewerError(
            _(
                "The library {path} was written by a newer version of this program. It was left unchanged; "
                "install that version to use it."
            ).format(path=path)
        )
    return str(revision)


def _quarantine(path: Path) -> Quarantined:
    """Gives a damaged library and its companions another name."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    names = (
        f"{path.stem}.damaged-{moment}{number}{path.suffix}" for number in ("", *(f"-{n}" for n in range(2, 1000)))
    )
    damaged = next(other for other in map(path.with_name, names) if not other.exists())
    for file, new_name in (*zip(companions_of(path), companions_of(damaged), strict=True), (path, damaged)):
        if file.exists():
            os.replace(file, new_name)
    return Quarantined(damaged)


@contextlib.contextmanager
def _one_process_at_a_time(path: Path) -> Iterator[None]:
    """Lets one process at a time check, quarantine and migrate; the lock ends with the process."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    try:
        while not _lock(descriptor):
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

"""Damages to a library's file, and a library with enough in it to be damaged."""

import contextlib
import os
import random
import sqlite3

from app.library.library import Library
from tests.app.library_content import fill, kept_prediction, reading


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


def integrity_of(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]

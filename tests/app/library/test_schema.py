import sqlite3
from dataclasses import replace
from datetime import datetime

import pytest

from app.canvas.measuring import Distance
from app.library.records import KeptAnnotations
from tests.app.library_content import MORNING, image, kept_prediction, reading


def raw(path):
    return sqlite3.connect(path, isolation_level=None)


@pytest.mark.parametrize("table", ["predictions", "readings", "annotations", "log"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 1", "DELETE FROM {}", "REPLACE INTO {} SELECT * FROM {}"])
def test_what_was_said_can_be_neither_changed_nor_deleted_even_by_hand(library, path, table, change):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction())
    library.add_reading(number, reading())
    library.add_annotations(number, KeptAnnotations("Reader One", (Distance((1, 2), (3, 4)),), MORNING))
    with raw(path) as connection:
        connection.execute("PRAGMA recursive_triggers = ON")
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            connection.execute(change.format(table, table))
    connection.close()


def test_a_moment_without_a_zone_is_a_slip(library):
    number = library.remember_image(*image()).number
    with pytest.raises(Exception, match="time zone"):
        library.add_reading(number, replace(reading(), saved_at=datetime(2026, 1, 1)))
    assert library.readings_of(number) == ()

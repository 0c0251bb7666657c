import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.library.library import Library
from app.library.migrating import configuration
from app.library.opening import NEWEST_REVISION
from app.library.schema import all_tables
from tests.app.library.damage import integrity_of
from tests.app.library_content import reading

OLDER_FILE = Path(__file__).parents[2] / "reference" / "library-of-the-first-schema.sqlite3"
"""Made by the first migration alone, with one image of each of two patients, two readings and a draft."""


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
    assert {(entry.comment, entry.displayed_at) for entry in library.readings_of(1)} == {("", None)}
    assert [one.keys.superseded_by != "" for one in library.listed_readings()] == [True, False]
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

import json

import pytest

from app.library.library import Library
from app.library.recovery import recover
from tests.app.library.damage import (
    cut_off,
    fill_with_garbage,
    filled,
    overwrite_the_middle,
)
from tests.app.library_content import image, reading

TABLES = ("studies", "predictions", "readings", "drafts", "annotations", "log")


@pytest.mark.parametrize(("damage", "at_least"), [(cut_off, 20), (overwrite_the_middle, 20), (fill_with_garbage, 0)])
def test_what_can_be_read_of_a_damaged_library_is_recovered(path, tmp_path, damage, at_least):
    filled(path)
    damage(path)
    before = path.read_bytes()
    target = tmp_path / "recovered.jsonl"
    recovered = recover(path, target)
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert sum(recovered.rows.values()) == len(rows) >= at_least
    assert set(recovered.rows) <= set(TABLES)
    assert all(row["score"] == "111111" for row in rows if row["table"] == "readings")
    assert path.read_bytes() == before


def test_a_sound_library_is_recovered_whole_with_what_is_still_in_its_journal(path, tmp_path):
    library = Library.open(path, keep_identity=True)
    number = library.remember_image(*image()).number
    library.add_reading(number, reading())
    recovered = recover(path, tmp_path / "recovered.jsonl")
    library.close()
    assert recovered.rows == {"studies": 1, "readings": 1, "log": 1}

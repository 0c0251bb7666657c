import json
import sqlite3
from datetime import timedelta

import pytest

from app.canvas.measuring import Angle, Distance, Region, RegionShape
from app.library.records import Draft, KeptAnnotations
from app.library.rows import row_of_annotations
from app.session.readings import Reading
from bsnet_core.brixia import Zone
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.partial_score import NOT_ASSESSABLE, read_score_from_text
from tests.app.library_content import MORNING, image, kept_prediction


def raw(path):
    return sqlite3.connect(path, isolation_level=None)


def test_a_prediction_keeps_probabilities_alignment_and_hash_of_its_weights(library):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction("012321", confidence=0.7))
    (kept,) = library.predictions_of(number)
    assert kept.model == ModelIdentity("bsnet-test", "1.2", "0123456789abcdef" * 4)
    assert [max(range(4), key=shares.__getitem__) for shares in kept.probabilities] == [0, 1, 2, 3, 2, 1]
    assert kept.expected_values[3] == pytest.approx(0.7 * 3 + 0.1 * (0 + 1 + 2))
    assert kept.expected_total == pytest.approx(sum(kept.expected_values))
    assert kept.alignment == ((0.7, 0.0, 0.0), (0.0, 0.7, 0.0))
    assert 0 < kept.mask_area_fraction < 1


def test_a_reading_and_a_draft_come_back_with_zones_that_are_not_assessable_and_comments(library):
    number = library.remember_image(*image()).number
    saved = Reading(
        "Reader One", read_score_from_text("x1230x"), MORNING, MORNING + timedelta(minutes=2), blind=True,
        comment="“lines”, 2\ntubes", displayed_at=MORNING - timedelta(seconds=5),
    )  # fmt: skip
    library.add_reading(number, saved)
    assert library.readings_of(number) == (saved,)
    (row,) = library.images().rows
    assert row.read_score == saved.score
    draft = Draft("Reader Two", {Zone.A: NOT_ASSESSABLE, Zone.F: 3}, MORNING, "to be asked")
    library.save_draft(number, draft)
    assert library.draft_of(number, "Reader Two") == draft


def test_measurements_come_back_as_they_were_and_a_later_state_supersedes_only_the_same_reader_s(library, path):
    number = library.remember_image(*image()).number
    everything = (
        Distance((1.25, 2.5), (3.0, 4.0)),
        Angle((0.0, 0.0), (5.0, 5.0), (9.0, 0.5)),
        Region((1.0, 1.0), (4.0, 6.0)),
        Region((2.0, 2.0), (7.0, 8.0), RegionShape.ELLIPSE),
    )
    states = [("Reader One", everything[:1]), ("Reader Two", everything), ("Reader One", ())]
    for minutes, (reader, items) in enumerate(states):
        library.add_annotations(number, KeptAnnotations(reader, items, MORNING + timedelta(minutes=minutes)))
    kept = library.annotations_of(number)
    assert [(one.reader, one.items) for one in kept] == [("Reader Two", everything), ("Reader One", ())]
    assert library.recall(number, "Reader One").annotations == kept
    with raw(path) as connection:
        assert connection.execute("SELECT count(*) FROM annotations").fetchone() == (3,)
    connection.close()


def test_a_measurement_of_a_new_kind_is_never_stored_as_another_one():
    with pytest.raises(TypeError, match="cannot store"):
        row_of_annotations(KeptAnnotations("", (object(),), MORNING))
    for shape in RegionShape:
        (item,) = row_of_annotations(KeptAnnotations("", (Region((0, 0), (1, 1), shape),), MORNING))["items"]
        assert item["kind"] == shape.name.lower()


def test_a_measurement_of_a_kind_this_version_does_not_know_is_left_out(library, path):
    number = library.remember_image(*image()).number
    library.add_annotations(number, KeptAnnotations("", (Distance((1.0, 2.0), (3.0, 4.0)),), MORNING))
    with raw(path) as connection:
        items = json.dumps([{"kind": "curve", "points": [[1, 1]]}, {"kind": "distance", "points": [[1, 2], [3, 4]]}])
        connection.execute(
            "INSERT INTO annotations (study_id, reader, items, made_at) SELECT study_id, reader, ?, made_at "
            "FROM annotations",
            (items,),
        )
    connection.close()
    assert [one.items for one in library.annotations_of(number)] == [(Distance((1.0, 2.0), (3.0, 4.0)),)]

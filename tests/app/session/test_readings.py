from dataclasses import replace

from app.session.readings import (
    ComparedReading,
    last_ones,
    result_sets,
)
from bsnet_core.brixia import BrixiaScore
from bsnet_core.inference.prediction import ModelIdentity
from tests.app.session.conftest import saved

MODEL = ModelIdentity("bsnet", "2", "0123456789abcdef" * 4)


def test_only_each_reader_s_last_reading_of_a_film_stays():
    def compared(image, text, minute, reader="Dr. Rossi", model=MODEL):
        return ComparedReading(image, "", saved(text, reader, minute), BrixiaScore.from_text("000000"), model)

    other = replace(MODEL, sha256="f" * 64)
    first, later = compared("1", "111111", 1), compared("1", "222222", 5)
    others = [
        compared("2", "333333", 2),
        compared("1", "000000", 1, "Dr. Bianchi"),
        compared("1", "111111", 1, model=other),
    ]
    assert last_ones([later, first, *others]) == [later, *others]


def test_result_sets_are_each_reader_s_last_reading_and_each_model_s_newest_score():
    readings = [saved("111111", minute=1), saved("222222", "Dr. Bianchi", 2, blind=True), saved("333333", minute=3)]
    old = replace(MODEL, version="1.0")
    scores = [BrixiaScore.from_text(text) for text in ("000001", "000002", "000003")]
    sets = result_sets(readings, [(MODEL, scores[0]), (old, scores[1]), (MODEL, scores[2])])
    assert [(one.name, str(one.score)) for one in sets] == [
        ("Dr. Bianchi", "222222"),
        ("Dr. Rossi", "333333"),
        ("bsnet 2 (01234567)", "000001"),
        ("bsnet 1.0 (01234567)", "000002"),
    ]
    assert sets[0].detail.endswith("blind")
    assert "blind" not in sets[1].detail

import pytest

from bsnet_core.inference.plain_words import plain_set, plain_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Lat.", ("lat",)),
        ("Chest P.A.", ("chest", "pa")),
        ("A/P", ("ap",)),
        ("PA/LAT", ("pa", "lat")),
        ("Torace L-L", ("torace", "ll")),
        ("ChestLateral", ("chest", "lateral")),
        ("W033Chest_lat1", ("w", "chest", "lat")),
        ("Röntgen: schräg", ("rontgen", "schrag")),
        ("ＬＡＴ", ("lat",)),
        ("боковой", ("боковои",)),
        ("", ()),
        ("12 / 34", ()),
    ],
)
def test_a_text_as_plain_words(text, words):
    assert plain_words(text) == words
    assert set(words) == plain_set(" ".join(words))


def test_an_endless_text_is_cut():
    assert len(plain_words("chest " * 10000)) < 100

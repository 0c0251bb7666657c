"""Names and ages of a header as people write them."""

import pytest

from bsnet_core.shown_texts import person_name, shown_age, visible


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Müller^Zoë", "Müller Zoë"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada Tarou (山田 太郎, やまだ たろう)"),
        ("=王^小明", "王 小明"),
        ("Doe^John^^Dr.^", "Doe John Dr."),
        ("", ""),
        ("^^", ""),
    ],
)
def test_a_dicom_name_is_shown_as_people_write_it(value, shown):
    assert person_name(value) == shown


def test_a_name_cannot_turn_the_rest_of_the_line_around():
    assert visible("abc\u202efdp.exe\u2066\n\x00x") == "abcfdp.exe x"


def test_letters_that_join_words_of_persian_stay():
    joined = "می\u200cشود"
    assert visible(joined) == joined


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ("068Y", "68 years"),
        ("001Y", "1 year"),
        ("000Y", "0 years"),
        (" 68Y ", "68 years"),
        ("68y", "68 years"),
        ("006M", "6 months"),
        ("002W", "14 days"),
        ("001D", "1 day"),
        ("", ""),
        ("68", ""),
        ("old", ""),
        ("0680Y", "680 years"),
    ],
)
def test_an_age_is_shown_without_zeros_and_with_its_unit(stated, shown):
    assert shown_age(stated) == shown

import pytest

from bsnet_core import language
from bsnet_core.language import (
    languages,
    to_translate,
    translate,
    translate_count,
    translate_marked,
    use_language,
)


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    use_language(language.SOURCE_LANGUAGE)


def test_english_is_there_without_a_catalogue():
    assert languages()[0] == "en"
    assert translate("Open") == "Open"
    assert translate_count("{count} zone", "{count} zones", 2) == "{count} zones"


def test_an_unknown_language_is_answered_in_english():
    use_language("xx")
    assert translate("Open") == "Open"


def test_nothing_is_translated_to_nothing():
    assert translate("") == ""


def test_a_marked_text_is_translated_where_it_is_shown_not_where_it_is_marked():
    use_language("it")
    marked = to_translate("Cancel")
    assert marked == "Cancel"
    assert translate_marked(marked) == "Annulla"

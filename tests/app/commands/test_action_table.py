from collections import Counter

import pytest

from app.commands.action_table import ACTION_GROUPS, ACTIONS, N_PRESETS, Menu
from bsnet_core.language import SOURCE_LANGUAGE, use_language

BIR = {
    "mode_window": "W", "mode_zoom": "Z", "mode_pan": "T", "mode_distance": "D", "annotations": "A",
    "previous_state": "P", "reset": "Esc", "next": "PgDown", "previous": "PgUp",
}  # fmt: skip
"""Keys of IHE Basic Image Review."""


def test_no_key_belongs_to_two_actions():
    counted = Counter(key for spec in ACTIONS for key in spec.default_keys)
    assert [key for key, count in counted.items() if count > 1] == []


def test_every_action_has_a_key_a_text_a_tip_and_a_menu():
    for spec in ACTIONS:
        assert spec.default_keys, spec.name
        assert spec.text, spec.name
        assert spec.tip, spec.name
        assert isinstance(spec.menu, Menu), spec.name


@pytest.mark.parametrize("name", BIR)
def test_the_letters_are_those_of_ihe_basic_image_review(name):
    (spec,) = [spec for spec in ACTIONS if spec.name == name]
    assert spec.default_keys[0] == BIR[name]


def test_help_is_on_f1_and_h_and_digits_are_presets():
    keys = {spec.name: spec.default_keys for spec in ACTIONS}
    assert keys["help"] == ("F1", "H")
    assert [keys[f"preset_{digit}"] for digit in range(N_PRESETS)] == [(str(digit),) for digit in range(N_PRESETS)]


def test_a_group_lies_within_one_menu():
    for group in ACTION_GROUPS:
        assert len({spec.menu for spec in group}) == 1


@pytest.fixture
def italian():
    use_language("it")
    yield
    use_language(SOURCE_LANGUAGE)


@pytest.mark.usefixtures("italian")
def test_a_text_comes_in_a_language_chosen_after_import_with_its_fields_filled_in():
    (zone,) = (spec for spec in ACTIONS if spec.name == "zone_a")
    assert zone.text == "Zona &A"

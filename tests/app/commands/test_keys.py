import pytest

from app.commands.keys import NAVIGATION_KEYS, SCORE_KEYS, normal
from app.settings.settings import Settings
from tests.app.action_keys import keys_with


def every_key(keys):
    return [key for name in keys.names for key in keys.of(name)]


def test_a_chosen_key_holds_is_told_and_outlives_a_restart(qtbot, settings, tmp_path):
    keys = keys_with(settings)
    with qtbot.waitSignal(keys.changed) as told:
        keys.choose("invert", ["Ctrl+Shift+I", "Y"])
    assert told.args == ["invert"]
    assert keys.of("invert") == ("Ctrl+Shift+I", "Y")
    assert keys.owner_of("Ctrl+I") is None
    settings.save()
    assert keys_with(Settings(tmp_path / "settings.ini")).of("invert") == keys.of("invert")


def test_an_action_can_be_left_without_a_key(settings, tmp_path):
    keys_with(settings).choose("invert", [])
    settings.save()
    again = keys_with(Settings(tmp_path / "settings.ini"))
    assert again.of("invert") == ()
    assert again.is_changed("invert")


def test_a_key_in_use_is_rejected_by_the_name_of_the_action_that_has_it(settings):
    keys = keys_with(settings)
    assert keys.objection("fit", "Ctrl+O") == "Ctrl+O is already the key of “Open”."
    with pytest.raises(ValueError, match="already the key of"):
        keys.choose("fit", ["Ctrl+O"])
    assert keys.of("fit") == ("F",)
    assert keys.objection("open", "Ctrl+O") == ""


@pytest.mark.parametrize("key", [*NAVIGATION_KEYS, *SCORE_KEYS, "nonsense", "Ctrl+K, Ctrl+O", ""])
def test_no_action_can_have_a_key_that_means_something_else(settings, key):
    assert keys_with(settings).objection("fit", key) != ""


def test_the_reserved_keys_are_spelt_as_qt_spells_them():
    for key in (*SCORE_KEYS, *NAVIGATION_KEYS):
        assert normal(key) == key


def test_taking_a_key_over_leaves_the_other_action_without_it(settings):
    keys = keys_with(settings)
    keys.take_over("fit", "Ctrl+O")
    assert keys.of("fit") == ("Ctrl+O",)
    assert keys.of("open") == ()
    assert len(set(every_key(keys))) == len(every_key(keys))


def test_a_score_key_is_not_taken_from_its_preset(settings):
    keys = keys_with(settings)
    assert not keys.can_take_over("fit", "2")
    with pytest.raises(ValueError, match="scoring mode"):
        keys.take_over("fit", "2")
    assert keys.of("preset_2") == ("2",)


def test_resetting_one_action_brings_its_keys_back_from_whoever_has_them(settings):
    keys = keys_with(settings)
    keys.take_over("fit", "Ctrl+O")
    keys.reset("open")
    assert keys.of("open") == ("Ctrl+O",)
    assert keys.of("fit") == ()


def test_resetting_all_is_as_if_nothing_had_been_chosen(settings, tmp_path):
    keys = keys_with(settings)
    shipped = {name: keys.of(name) for name in keys.names}
    keys.take_over("fit", "Ctrl+O")
    keys.choose("help", [])
    keys.reset_all()
    assert {name: keys.of(name) for name in keys.names} == shipped
    settings.save()
    assert "keys" not in (tmp_path / "settings.ini").read_text()


def test_keys_spoilt_by_hand_never_give_one_key_to_two_actions(tmp_path):
    (tmp_path / "settings.ini").write_text("[keys]\nfit=Ctrl+O\nreset=Ctrl+O Tab 2 nonsense Y\nunknown=Q\n")
    keys = keys_with(Settings(tmp_path / "settings.ini"))
    assert keys.of("fit") == ("Ctrl+O",)
    assert keys.of("reset") == ("Y",)
    assert keys.of("open") == ()
    assert len(set(every_key(keys))) == len(every_key(keys))


def test_a_key_with_a_comma_outlives_a_restart(settings, tmp_path):
    keys_with(settings).choose("fit", ["Ctrl+Shift+,", "Ctrl+;"])
    settings.save()
    assert keys_with(Settings(tmp_path / "settings.ini")).of("fit") == ("Ctrl+Shift+,", "Ctrl+;")

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from app.canvas.modes import CornerTexts, CurrentSide, WindowDrag
from app.commands.action_table import ACTIONS
from app.commands.keys import Keys
from app.panels.key_editor import KeyEditor
from app.panels.preferences import PreferencesDialog, language_name
from app.report.paper import Paper
from app.settings.settings import (
    Device,
    Settings,
    ThemeChoice,
)
from bsnet_core.explanation import Mode
from bsnet_core.language import languages

CHOICES = {
    "theme": ThemeChoice.LIGHT,
    "window_drag": WindowDrag.IHE_BIR,
    "corner_texts": CornerTexts.NONE,
    "current_side": CurrentSide.RIGHT,
    "explanation_mode": Mode.EXACT,
    "device": Device.CPU,
    "paper": Paper.LETTER,
}


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def keys(settings):
    return Keys(
        {spec.name: spec.default_keys for spec in ACTIONS}, {spec.name: spec.plain_text for spec in ACTIONS}, settings
    )


@pytest.fixture
def dialog(qtbot, settings, keys):
    made = PreferencesDialog(settings, keys, keys.names)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_holds_at_once_and_outlives_a_restart(dialog, settings, tmp_path, name):
    box = dialog.control(name)
    assert {box.itemData(row) for row in range(box.count())} == {kind.value for kind in type(CHOICES[name])}
    box.setCurrentIndex(box.findData(CHOICES[name].value))
    assert getattr(settings, name) is CHOICES[name]
    settings.save()
    assert getattr(Settings(tmp_path / "settings.ini"), name) is CHOICES[name]


@pytest.mark.parametrize("name", ["blind", "keeps_names", "deidentifies", "gsdf"])
def test_a_switch_holds_at_once_and_follows_when_something_else_turns_it(dialog, settings, name):
    before = getattr(settings, name)
    dialog.control(name).click()
    assert getattr(settings, name) is not before
    setattr(settings, name, before)
    assert dialog.control(name).isChecked() is before


def test_the_reader_s_name_is_typed_and_kept_without_blanks_around(qtbot, dialog, settings):
    dialog.pages.setCurrentIndex(1)
    qtbot.keyClicks(dialog.control("reader"), " Dr. Rossi ")
    assert settings.reader == "Dr. Rossi"
    assert dialog.control("reader").text() == " Dr. Rossi "


def test_the_size_of_texts_stays_within_its_limits(dialog, settings):
    box = dialog.control("font_percent")
    box.setValue(150)
    assert settings.font_percent == 150
    box.setValue(1000)
    assert settings.font_percent == 200
    box.setValue(1)
    assert settings.font_percent == 100


@pytest.mark.parametrize("name", ["screen_minimum", "screen_maximum", "screen_ambient"])
def test_the_screen_s_luminance_is_stated_within_what_there_are_greys_for(dialog, settings, name):
    box = dialog.control(name)
    box.setValue(box.minimum() + box.singleStep())
    assert getattr(settings, name) == pytest.approx(box.minimum() + box.singleStep())
    box.setValue(1e6)
    assert getattr(settings, name) == box.maximum()


def test_every_language_there_is_can_be_chosen_in_its_own_words(dialog, settings):
    box = dialog.control("language")
    assert [box.itemData(row) for row in range(box.count())] == list(languages())
    assert box.itemText(0) == "English"
    assert language_name("it") == "Italiano"
    assert language_name("de") == "Deutsch"


def test_the_dialog_leaves_the_window_behind_usable(dialog):
    assert not dialog.isModal()


@pytest.fixture
def editor(qtbot, keys):
    made = KeyEditor(keys, keys.names)
    qtbot.addWidget(made)
    made.resize(640, 500)
    made.show()
    return made


def press(edit, keys):
    edit.setKeySequence(QKeySequence(keys))


def test_a_pressed_key_holds_at_once(qtbot, editor, keys):
    editor.choose("invert")
    with qtbot.waitActive(editor):
        editor.activateWindow()
    editor.edits[0].setFocus()
    qtbot.keyClick(editor.edits[0], Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: keys.of("invert") == ("Ctrl+Alt+Y",))
    assert editor.objection_text == ""


def test_a_second_key_can_be_given_and_taken_back(editor, keys):
    editor.choose("invert")
    press(editor.edits[1], "Y")
    assert keys.of("invert") == ("Ctrl+I", "Y")
    press(editor.edits[0], "")
    assert keys.of("invert") == ("Y",)


def test_a_key_in_use_is_explained_and_can_be_taken_over(qtbot, editor, keys):
    editor.choose("fit")
    press(editor.edits[0], "Ctrl+O")
    assert editor.objection_text == "Ctrl+O is already the key of “Open”."
    assert keys.of("fit") == ("F",)
    qtbot.mouseClick(editor.take_over_button, Qt.MouseButton.LeftButton)
    assert keys.of("fit") == ("Ctrl+O",)
    assert keys.of("open") == ()
    assert editor.objection_text == ""


def test_a_key_that_scores_or_moves_between_controls_cannot_be_taken_over(editor, keys):
    editor.choose("fit")
    for key in ("2", "Space"):
        press(editor.edits[0], key)
        assert key in editor.objection_text
        assert editor.take_over_button.isHidden()
    assert keys.of("fit") == ("F",)


def test_keys_are_reset_one_action_or_all(qtbot, editor, keys):
    one, all_actions = editor.reset_buttons
    keys.choose("fit", ["Y"])
    keys.choose("invert", ["Ctrl+Alt+Y"])
    editor.choose("fit")
    qtbot.mouseClick(one, Qt.MouseButton.LeftButton)
    assert keys.of("fit") == ("F",)
    assert keys.is_changed("invert")
    qtbot.mouseClick(all_actions, Qt.MouseButton.LeftButton)
    assert not any(keys.is_changed(name) for name in keys.names)
    assert editor.edits[0].keySequence().toString() == "F"


def test_the_table_is_searched_by_action_and_by_key(qtbot, editor, keys):
    qtbot.keyClicks(editor.search_line, "invert")
    assert editor.rows == ["invert"]
    editor.search_line.setText("Ctrl+O")
    assert editor.rows == ["open"]
    editor.search_line.setText("no such thing")
    assert editor.rows == []
    assert editor.chosen == ""
    assert not editor.edits[0].isEnabled()
    editor.search_line.clear()
    assert editor.rows == list(keys.names)

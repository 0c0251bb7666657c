import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from app.panels.key_editor import KeyEditor


@pytest.fixture
def editor(show_widget, keys):
    return show_widget(KeyEditor(keys, keys.names), 640, 500)


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


def test_a_key_that_cannot_be_used_leaves_the_old_one_in_its_field(qtbot, editor, keys):
    keys.choose("invert", ["Ctrl+I", "Y"])
    editor.choose("invert")
    for place, key in ((0, "Ctrl+O"), (1, "F"), (0, "Space"), (1, "2")):
        press(editor.edits[place], key)
        assert [edit.keySequence().toString() for edit in editor.edits] == ["Ctrl+I", "Y"]
        assert editor.objection_text
    assert keys.of("invert") == ("Ctrl+I", "Y")
    assert (keys.of("open"), keys.of("fit")) == (("Ctrl+O",), ("F",))


def test_a_key_is_taken_over_into_the_field_it_was_pressed_in(qtbot, editor, keys):
    editor.choose("invert")
    press(editor.edits[1], "F")
    qtbot.mouseClick(editor.take_over_button, Qt.MouseButton.LeftButton)
    assert keys.of("invert") == ("Ctrl+I", "F")
    assert keys.of("fit") == ()


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

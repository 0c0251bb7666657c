from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QLineEdit

from app.commands.action_table import ACTIONS, MODES, PRESETS
from app.look.theme import LIGHT


def test_a_switch_tells_its_state_whenever_it_changes(actions):
    heard = []
    actions.connect_switch("zones", heard.append, checked=True)
    assert actions["zones"].isChecked()
    actions["zones"].trigger()
    actions["zones"].trigger()
    assert heard == [False, True]


def test_an_action_works_another_one_by_the_keys_of_the_table(qtbot, window, actions, show_active):
    stack = QUndoStack(window)
    undo = stack.createUndoAction(window)
    undo.setShortcut("Ctrl+Z")
    window.addAction(undo)
    actions.stand_for("undo", undo)
    assert not actions["undo"].isEnabled()
    stack.push(QUndoCommand("a score"))
    assert actions["undo"].isEnabled()
    show_active(window)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not stack.canUndo()
    assert not actions["undo"].isEnabled()


def test_a_switch_and_the_one_it_stands_for_go_together(window, actions):
    other = QAction("other", window, checkable=True, checked=True)
    actions.stand_for("blind_mode", other)
    assert actions["blind_mode"].isChecked()
    actions["blind_mode"].trigger()
    assert not other.isChecked()
    other.setChecked(True)
    assert actions["blind_mode"].isChecked()


def test_only_one_mode_is_on_at_a_time(actions):
    modes = [spec.name for spec in ACTIONS if spec.group == MODES]
    for name in modes:
        actions[name].setChecked(True)
        assert [other for other in modes if actions[other].isChecked()] == [name]


def test_presets_can_be_switched_off_together_for_the_scoring_mode(qtbot, window, actions, show_active):
    done = []
    actions.connect("preset_2", lambda: done.append(2))
    show_active(window)
    qtbot.keyClick(window, Qt.Key.Key_2)
    actions.allow_group(PRESETS, False)
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert done == [2]
    actions.allow_group(PRESETS, True)
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert done == [2, 2]


def test_a_changed_key_works_at_once_and_stands_in_the_tooltip(qtbot, window, actions, show_active):
    done = []
    actions.connect("invert", lambda: done.append("invert"))
    show_active(window)
    actions.keys_of_the_test.choose("invert", ["Y"])
    qtbot.keyClick(window, Qt.Key.Key_Y)
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert done == ["invert"]
    assert actions["invert"].toolTip().endswith("(Y)")


def test_letters_typed_into_a_field_stay_text(qtbot, window, actions, show_active):
    done = []
    actions.connect("fit", lambda: done.append("fit"))
    field = QLineEdit()
    window.setCentralWidget(field)
    show_active(window)
    field.setFocus()
    qtbot.keyClicks(field, "fig")
    assert field.text() == "fig"
    assert done == []


def test_a_preset_is_called_what_it_stands_for(actions):
    actions.set_text("preset_1", "&1 From the file", "Window of the file")
    assert actions["preset_1"].text() == "&1 From the file"
    assert actions["preset_1"].toolTip() == "Window of the file (1)"


def test_an_action_that_is_off_says_why_until_it_is_on_again(actions):
    actions.connect("rotate_right", lambda: None)
    tip = actions["rotate_right"].toolTip()
    actions.allow("rotate_right", False, "Not this image")
    assert not actions["rotate_right"].isEnabled()
    assert actions["rotate_right"].toolTip() == "Not this image (R)"
    assert actions["rotate_right"].statusTip() == "Not this image"
    actions.allow("rotate_right", True, "Not this image")
    assert actions["rotate_right"].isEnabled()
    assert actions["rotate_right"].toolTip() == tip


def test_every_icon_is_drawn_and_follows_the_theme(actions):
    for spec in ACTIONS:
        if spec.icon:
            assert not actions[spec.name].icon().pixmap(20, 20).toImage().isNull(), spec.name
    dark = actions["open"].icon().pixmap(20, 20).toImage()
    actions.paint_icons(LIGHT)
    assert actions["open"].icon().pixmap(20, 20).toImage() != dark


def test_icons_are_sharp_on_a_screen_of_double_density(actions):
    image = actions["open"].icon().pixmap(QSize(20, 20), 2.0)
    assert image.width() == 40
    assert image.devicePixelRatio() == 2.0

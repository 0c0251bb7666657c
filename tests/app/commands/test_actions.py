from collections import Counter

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QLineEdit, QMainWindow, QMenu, QToolBar

from app.commands.actions import MODES, N_PRESETS, PRESETS, Actions, Menu, action_specs
from app.commands.keys import Keys
from app.commands.menus import TOOL_BAR, RecentMenu, fill_menu_bar, make_tool_bar, menu_titles
from app.look.theme import DARK, LIGHT
from app.settings.settings import Settings
from bsnet_core.language import SOURCE_LANGUAGE, languages, use_language

NAMED = [spec for spec in action_specs() if spec.name]


def show(qtbot, window):
    window.show()
    with qtbot.waitActive(window):
        window.activateWindow()


BIR = {
    "mode_window": "W", "mode_zoom": "Z", "mode_pan": "T", "mode_distance": "D", "annotations": "A",
    "previous_state": "P", "reset": "Esc", "next": "PgDown", "previous": "PgUp",
}  # fmt: skip
"""Letters of IHE Basic Image Review."""


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def window(qtbot):
    made = QMainWindow()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def actions(window, settings):
    keys = Keys(
        {spec.name: spec.default_keys for spec in NAMED}, {spec.name: spec.plain_text for spec in NAMED}, settings
    )
    made = Actions(action_specs(), keys, DARK, window)
    made.keys_of_the_test = keys
    return made


def test_no_key_belongs_to_two_actions():
    counted = Counter(key for spec in NAMED for key in spec.default_keys)
    assert [key for key, count in counted.items() if count > 1] == []


def test_every_action_has_a_key_a_text_a_tip_and_a_menu():
    for spec in NAMED:
        assert spec.default_keys, spec.name
        assert spec.text, spec.name
        assert spec.tip, spec.name
        assert isinstance(spec.menu, Menu), spec.name


@pytest.fixture(params=languages())
def language(request):
    use_language(request.param)
    yield
    use_language(SOURCE_LANGUAGE)


@pytest.mark.usefixtures("language")
def test_within_a_menu_no_letter_is_underlined_twice(actions, settings, window):
    for spec in NAMED:
        actions.connect(spec.name, lambda: None)
    fill_menu_bar(window.menuBar(), actions, RecentMenu(settings, lambda paths: None, window))
    menus = [action.menu() for action in window.menuBar().actions()]
    assert len(menus) == len(menu_titles())
    for menu in (window.menuBar(), *menus):
        texts = [action.text() for action in menu.actions() if not action.isSeparator()]
        letters = [text.partition("&")[2][:1].lower() for text in texts]
        assert all(letters), texts
        assert [letter for letter, count in Counter(letters).items() if count > 1] == [], texts


@pytest.mark.parametrize("name", BIR)
def test_the_letters_are_those_of_ihe_basic_image_review(name):
    (spec,) = [spec for spec in NAMED if spec.name == name]
    assert spec.default_keys[0] == BIR[name]


def test_help_is_on_f1_and_h_and_digits_are_presets():
    keys = {spec.name: spec.default_keys for spec in NAMED}
    assert keys["help"] == ("F1", "H")
    assert [keys[f"preset_{digit}"] for digit in range(N_PRESETS)] == [(str(digit),) for digit in range(N_PRESETS)]


def test_what_is_not_connected_takes_no_key_and_stands_in_no_menu(qtbot, window, settings, actions):
    done = []
    actions.connect("fit", lambda: done.append("fit"))
    fill_menu_bar(window.menuBar(), actions, QMenu(window))
    window.addToolBar(make_tool_bar(actions, 100, window))
    show(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert done == ["fit"]
    (image,) = [entry.menu() for entry in window.menuBar().actions()]
    assert [entry for entry in image.actions() if not entry.isSeparator()] == [actions["fit"]]
    assert window.findChild(QToolBar).actions() == [actions["fit"]]


def test_a_switch_tells_its_state_whenever_it_changes(actions):
    heard = []
    actions.connect_switch("zones", heard.append, checked=True)
    assert actions["zones"].isChecked()
    actions["zones"].trigger()
    actions["zones"].trigger()
    assert heard == [False, True]


def test_an_action_works_another_one_by_the_keys_of_the_table(qtbot, window, actions):
    stack = QUndoStack(window)
    undo = stack.createUndoAction(window)
    undo.setShortcut("Ctrl+Z")
    window.addAction(undo)
    actions.stand_for("undo", undo)
    assert not actions["undo"].isEnabled()
    stack.push(QUndoCommand("a score"))
    assert actions["undo"].isEnabled()
    show(qtbot, window)
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
    modes = [spec.name for spec in NAMED if spec.group == MODES]
    for name in modes:
        actions[name].setChecked(True)
        assert [other for other in modes if actions[other].isChecked()] == [name]


def test_presets_can_be_switched_off_together_for_the_scoring_mode(qtbot, window, actions):
    done = []
    actions.connect("preset_2", lambda: done.append(2))
    show(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_2)
    actions.allow_group(PRESETS, False)
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert done == [2]
    actions.allow_group(PRESETS, True)
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert done == [2, 2]


def test_a_changed_key_works_at_once_and_stands_in_the_tooltip(qtbot, window, actions):
    done = []
    actions.connect("invert", lambda: done.append("invert"))
    show(qtbot, window)
    actions.keys_of_the_test.choose("invert", ["Y"])
    qtbot.keyClick(window, Qt.Key.Key_Y)
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert done == ["invert"]
    assert actions["invert"].toolTip().endswith("(Y)")


def test_letters_typed_into_a_field_stay_text(qtbot, window, actions):
    done = []
    actions.connect("fit", lambda: done.append("fit"))
    field = QLineEdit()
    window.setCentralWidget(field)
    show(qtbot, window)
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
    actions.allow("rotate_right", False, "Not this film")
    assert not actions["rotate_right"].isEnabled()
    assert actions["rotate_right"].toolTip() == "Not this film (R)"
    assert actions["rotate_right"].statusTip() == "Not this film"
    actions.allow("rotate_right", True, "Not this film")
    assert actions["rotate_right"].isEnabled()
    assert actions["rotate_right"].toolTip() == tip


def test_every_icon_is_drawn_and_follows_the_theme(actions):
    for spec in NAMED:
        if spec.icon:
            assert not actions[spec.name].icon().pixmap(20, 20).toImage().isNull(), spec.name
    dark = actions["open"].icon().pixmap(20, 20).toImage()
    actions.paint_icons(LIGHT)
    assert actions["open"].icon().pixmap(20, 20).toImage() != dark


def test_icons_are_sharp_on_a_screen_of_double_density(actions):
    image = actions["open"].icon().pixmap(QSize(20, 20), 2.0)
    assert image.width() == 40
    assert image.devicePixelRatio() == 2.0


def test_the_toolbar_names_only_actions_that_exist_and_have_icons():
    icons = {spec.name: spec.icon for spec in NAMED}
    for name in (name for group in TOOL_BAR for name in group):
        assert icons[name], name


def test_recent_files_are_listed_opened_and_forgotten(window, settings, tmp_path):
    opened = []
    settings.remember_files([tmp_path / "a.dcm", tmp_path / "R&D"])
    menu = RecentMenu(settings, opened.append, window)
    assert [entry.text() for entry in menu.actions()[:2]] == ["a.dcm", "R&&D"]
    menu.actions()[1].trigger()
    assert opened == [[tmp_path / "R&D"]]
    menu.actions()[-1].trigger()
    menu.fill()
    (empty,) = menu.actions()
    assert not empty.isEnabled()

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolBar

from app.commands.action_table import ACTIONS
from app.commands.menus import TOOL_BAR, RecentMenu, fill_menu_bar, make_tool_bar, menu_titles
from bsnet_core.language import SOURCE_LANGUAGE, languages, use_language


@pytest.fixture(params=languages())
def language(request):
    use_language(request.param)
    yield
    use_language(SOURCE_LANGUAGE)


@pytest.mark.usefixtures("language")
def test_within_a_menu_no_letter_is_underlined_twice(actions, settings, window):
    for spec in ACTIONS:
        actions.connect(spec.name, lambda: None)
    fill_menu_bar(window.menuBar(), actions, RecentMenu(settings, lambda paths: None, window))
    menus = [action.menu() for action in window.menuBar().actions()]
    assert len(menus) == len(menu_titles())
    for menu in (window.menuBar(), *menus):
        texts = [action.text() for action in menu.actions() if not action.isSeparator()]
        letters = [text.partition("&")[2][:1].lower() for text in texts]
        assert all(letters), texts
        assert [letter for letter, count in Counter(letters).items() if count > 1] == [], texts


def test_what_is_not_connected_takes_no_key_and_stands_in_no_menu(qtbot, window, settings, actions, show_active):
    done = []
    actions.connect("fit", lambda: done.append("fit"))
    fill_menu_bar(window.menuBar(), actions, QMenu(window))
    window.addToolBar(make_tool_bar(actions, 100, window))
    show_active(window)
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert done == ["fit"]
    (image,) = [entry.menu() for entry in window.menuBar().actions()]
    assert [entry for entry in image.actions() if not entry.isSeparator()] == [actions["fit"]]
    assert window.findChild(QToolBar).actions() == [actions["fit"]]


def test_the_toolbar_names_only_actions_that_exist_and_have_icons():
    icons = {spec.name: spec.icon for spec in ACTIONS}
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

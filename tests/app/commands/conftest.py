"""A window with all actions."""

import pytest
from PySide6.QtWidgets import QMainWindow

from app.commands.action_table import ACTIONS
from app.commands.actions import Actions
from app.look.theme import DARK


@pytest.fixture
def window(qtbot):
    made = QMainWindow()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def show_active(qtbot):
    """Shows a window and waits until keys go to it."""

    def show(window):
        window.show()
        with qtbot.waitActive(window):
            window.activateWindow()

    return show


@pytest.fixture
def actions(window, keys):
    made = Actions(ACTIONS, keys, DARK, window)
    made.keys_of_the_test = keys
    return made

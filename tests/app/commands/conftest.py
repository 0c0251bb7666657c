"""A window with all actions."""

import pytest
from PySide6.QtWidgets import QMainWindow

from app.commands.action_table import ACTIONS
from app.commands.actions import Actions
from app.commands.keys import Keys
from app.look.theme import DARK
from app.settings.settings import Settings


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
        {spec.name: spec.default_keys for spec in ACTIONS}, {spec.name: spec.plain_text for spec in ACTIONS}, settings
    )
    made = Actions(ACTIONS, keys, DARK, window)
    made.keys_of_the_test = keys
    return made

"""A library, and windows on it."""

import pytest

from app.library.library import Library
from app.settings.paths import LIBRARY_NAME
from tests.app.library.window_session import Window


@pytest.fixture
def path(tmp_path):
    return tmp_path / LIBRARY_NAME


@pytest.fixture
def library(path):
    opened = Library.open(path, keep_identity=True)
    yield opened
    opened.close()


@pytest.fixture
def open_window(qtbot, path):
    windows = []

    def start(**more):
        window = Window(qtbot, path, **more)
        windows.append(window)
        return window

    yield start
    for window in windows:
        window.keeper.close()

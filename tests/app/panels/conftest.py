"""A panel that stands alone, and the library behind those that list it."""

import pytest

from app.library.keeper import Keeper
from app.library.library import Library
from app.settings.paths import LIBRARY_NAME


@pytest.fixture
def show_widget(qtbot):
    """Shows a widget in the given size and deletes it after the test."""

    def show(widget, width, height):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        return widget

    return show


@pytest.fixture
def library(tmp_path):
    opened = Library.open(tmp_path / LIBRARY_NAME, keep_identity=True)
    yield opened
    opened.close()


@pytest.fixture
def keeper(session, tmp_path):
    made = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    yield made
    made.close()

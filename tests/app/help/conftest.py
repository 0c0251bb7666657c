"""The help window, opened as a person opens it."""

import pytest


@pytest.fixture
def open_help(qtbot):
    """Opens the viewer's help by a key, and waits for its pages."""

    def start(viewer, key):
        with qtbot.waitActive(viewer):
            viewer.activateWindow()
        qtbot.keyClick(viewer, key)
        qtbot.waitUntil(lambda: len(viewer.help.titles) > 1 and viewer.help.isVisible())

    return start

import pytest
from PySide6.QtCore import Qt

from app.panels.search_line import SearchLine

NEVER_MS = 60_000


@pytest.fixture
def search_after(qtbot):
    def start(pause_ms):
        line = SearchLine(pause_ms)
        qtbot.addWidget(line)
        requested = []
        line.search_requested.connect(requested.append)
        return line, requested

    return start


def test_a_pause_in_typing_asks_once_for_the_whole_text(qtbot, search_after):
    line, requested = search_after(50)
    qtbot.keyClicks(line, "patient")
    qtbot.waitUntil(lambda: requested != [])
    assert requested == ["patient"]


def test_enter_asks_at_once(qtbot, search_after):
    line, requested = search_after(NEVER_MS)
    qtbot.keyClicks(line, "patient")
    assert requested == []
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert requested == ["patient"]

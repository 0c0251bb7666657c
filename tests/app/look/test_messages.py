import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.look.messages import IntendedUseBar, MessageBar, Severity
from app.settings.settings import Settings


@pytest.fixture
def bar(qtbot):
    made = MessageBar()
    qtbot.addWidget(made)
    return made


def test_a_message_says_how_serious_it_is_in_a_word(bar):
    bar.show_message(Severity.WARNING, "The disk is almost full.")
    assert bar.text == "Warning: The disk is almost full."


def test_an_offer_is_taken_once_and_its_message_goes(qtbot, bar):
    done = []
    bar.show_offer(Severity.ERROR, "The reading was not saved.", "Try again", lambda: done.append("tried"))
    assert bar.offer.text() == bar.offer.accessibleName() == "Try again"
    qtbot.mouseClick(bar.offer, Qt.MouseButton.LeftButton)
    assert (done, bar.text) == (["tried"], "")


def test_a_message_without_an_offer_has_no_button_of_the_one_before(bar):
    bar.show_offer(Severity.ERROR, "The reading was not saved.", "Try again", lambda: None)
    bar.show_message(Severity.INFO, "Saved.")
    assert bar.offer.isHidden()


def test_the_intended_use_is_shown_until_it_was_understood(qtbot, tmp_path):
    settings = Settings(tmp_path / "settings.ini")
    first = IntendedUseBar(settings)
    qtbot.addWidget(first)
    assert not first.isHidden()
    qtbot.mouseClick(first.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert first.isHidden()
    again = IntendedUseBar(settings)
    qtbot.addWidget(again)
    assert again.isHidden()

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.look import messages
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


def test_a_message_about_an_image_goes_when_another_is_shown(bar):
    bar.show_message(Severity.ERROR, "No lungs were found.", image=3)
    bar.follow_image(3)
    assert bar.text != ""
    bar.follow_image(4)
    assert bar.text == ""


def test_a_message_about_no_image_stays_with_every_image(bar):
    bar.show_message(Severity.ERROR, "No lungs were found.", image=3)
    bar.show_message(Severity.WARNING, "The disk is almost full.")
    bar.follow_image(4)
    assert bar.text == "Warning: The disk is almost full."


@pytest.mark.parametrize(
    ("severity", "offer", "goes"),
    [
        (Severity.INFO, "", True),
        (Severity.INFO, "Correct reading", False),
        (Severity.WARNING, "", False),
        (Severity.ERROR, "", False),
    ],
)
def test_a_note_goes_once_it_can_have_been_read_and_what_must_be_seen_stays(
    qtbot, bar, monkeypatch, severity, offer, goes
):
    bar.move(300, 300)  # away from the pointer, under which a note stays
    monkeypatch.setattr(messages, "SHOWN_AT_LEAST_MS", 1)
    monkeypatch.setattr(messages, "READ_WITHIN_MS", 0)
    if offer:
        bar.show_offer(severity, "Something.", offer, lambda: None)
    else:
        bar.show_message(severity, "Something.")
    assert bar.is_about_to_go == goes
    if goes:
        qtbot.waitUntil(lambda: bar.text == "")


def test_a_note_after_a_note_has_its_own_time(bar):
    bar.show_message(Severity.INFO, "Short.")
    bar.show_message(Severity.ERROR, "This stays.")
    assert not bar.is_about_to_go
    bar.show_message(Severity.INFO, "Short.")
    assert bar.is_about_to_go

from PySide6.QtCore import Qt

from app.panels.comment_field import CommentField


def test_what_is_typed_is_told_and_what_is_shown_is_not(qtbot, show_widget):
    field = show_widget(CommentField(), 300, 60)
    told = []
    field.edited.connect(told.append)
    field.show_comment("effusion", editable=True)
    assert told == []
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_End)
    qtbot.keyClicks(field, " 2")
    assert told[-1] == "effusion 2"
    field.show_comment("saved", editable=False)
    qtbot.keyClicks(field, "x")
    assert field.toPlainText() == "saved"
    assert told[-1] == "effusion 2"


def test_escape_leaves_the_field(qtbot, show_widget):
    field = show_widget(CommentField(), 300, 60)
    field.show_comment("", editable=True)
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.hasFocus()

"""Saves tables by their dialog, and loads them."""

import csv

from PySide6.QtWidgets import QFileDialog

from app.panels.table_dialog import TableDialog


def save_table(qtbot, viewer, monkeypatch, action, path, choose=lambda dialog: None):
    """Answers the dialog of a table after `choose` has changed it, and gives the table's rows."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    viewer.actions_by_name[action].trigger()
    qtbot.waitUntil(lambda: any(dialog.isVisible() for dialog in viewer.findChildren(TableDialog)))
    (dialog,) = [dialog for dialog in viewer.findChildren(TableDialog) if dialog.isVisible()]
    choose(dialog)
    dialog.save.click()
    qtbot.waitUntil(lambda: viewer.messages.text == f"Note: Saved: {path}")
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def with_names(dialog):
    """The table as it is without de-identification."""
    dialog.deidentified.setChecked(False)

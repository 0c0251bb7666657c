import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel

from app.panels.table_dialog import TableDialog
from app.report.table_choices import TableChoices
from bsnet_core.language import use_language


@pytest.fixture
def dialog(show_widget):
    return show_widget(TableDialog("Save readings", deidentified=True, file_names=True), 400, 240)


def test_de_identified_by_default_it_leaves_only_the_dates_to_choose(dialog):
    assert dialog.choices == TableChoices(deidentified=True, hashed=True)
    assert not dialog.file_names.isEnabled()
    assert not dialog.identifiers.isEnabled()
    dialog.keep_dates.setChecked(True)
    assert dialog.choices.with_dates
    assert not dialog.choices.with_file_names


def test_without_it_names_and_identifiers_are_chosen(dialog, qtbot):
    dialog.deidentified.setChecked(False)
    assert dialog.choices.with_file_names
    assert dialog.choices.with_hashes
    dialog.identifiers.setCurrentIndex(dialog.identifiers.findData(False))
    assert not dialog.choices.with_hashes
    with qtbot.waitSignal(dialog.chosen) as told:
        dialog.save.click()
    assert told.args == [TableChoices(deidentified=False, hashed=False, file_names=True)]


@pytest.mark.parametrize("language", ["en", "it"])
def test_no_letter_is_underlined_twice(show_widget, language):
    use_language(language)
    try:
        dialog = show_widget(TableDialog("", deidentified=True), 400, 240)
        texts = [widget.text() for widget in dialog.findChildren(QAbstractButton)]
        texts += [label.text() for label in dialog.findChildren(QLabel)]
        letters = [text.partition("&")[2][:1].lower() for text in texts if "&" in text]
        assert len(letters) == len(set(letters)) == 5, texts
    finally:
        use_language("en")

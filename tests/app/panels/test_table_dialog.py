import pytest

from app.panels.table_dialog import TableDialog
from app.report.table_choices import TableChoices


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

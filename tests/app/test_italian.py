"""The viewer in Italian, from the menus to the report, with nothing cut off."""

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QComboBox, QLabel, QPushButton, QTabWidget

from app.help.pages import FOLDER, load_pages
from app.panels.report_dialog import AvailableParts, ReportDialog
from app.report.content import ReportChoices, compose_report
from app.report.paper import Paper
from app.report.pdf import report_pdf
from app.settings.settings import Settings
from bsnet_core.brixia import N_CLASSES, Zone, zone_class_meaning
from bsnet_core.errors import UnsupportedObjectError
from bsnet_core.language import SOURCE_LANGUAGE, use_language
from bsnet_core.loading import load_radiograph
from bsnet_core.progress import no_report
from tests.app.report.documents import texts_of
from tests.app.report.images import MADE_AT, metadata, reported
from tests.dicom_files import CT, ramp, write_dicom


@pytest.fixture(autouse=True)
def italian(qapp):
    use_language("it")
    yield
    use_language(SOURCE_LANGUAGE)
    for translator in qapp.findChildren(QTranslator):
        QApplication.removeTranslator(translator)


@pytest.fixture
def viewer(open_viewer, no_model):
    settings = Settings()
    settings.language = "it"
    return open_viewer("--model", no_model, "--no-samples")


def cut_off(window):
    """Texts of buttons, selectors and lines that have less room than they need."""
    short = []
    for button in window.findChildren(QPushButton) + window.findChildren(QCheckBox):
        if button.isVisible() and button.width() < button.sizeHint().width():
            short.append(button.text())
    for box in window.findChildren(QComboBox):
        if box.isVisible() and box.width() < box.minimumSizeHint().width():
            short.append(box.currentText())
    for label in window.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        if label.height() < needed or (not label.wordWrap() and label.width() < label.sizeHint().width()):
            short.append(label.text())
    return short


def test_menus_panels_and_windows_speak_italian(viewer):
    assert [action.text().replace("&", "") for action in viewer.menuBar().actions()] == [
        "File", "Modifica", "Vista", "Misure", "Sovrapposizioni", "Immagini", "Libreria", "Lettura", "Analisi", "Guida",
    ]  # fmt: skip
    assert viewer.actions_by_name["save_reading"].toolTip().startswith("Salva le sei zone come propria lettura")
    assert viewer.scores.cell(Zone.B).entry.button(3).toolTip() == (
        "3: interstiziali e alveolari, prevalenza alveolare"
    )
    words = {label.text() for label in viewer.scores.findChildren(QLabel)}
    assert {"R (paziente)", "L (paziente)"} <= words
    assert viewer.preferences.windowTitle() == "Preferenze"


def test_a_refused_file_is_explained_in_italian(tmp_path):
    path = write_dicom(tmp_path / "ct.dcm", ramp(), SOPClassUID=CT, Modality="CT")
    with pytest.raises(UnsupportedObjectError, match=r"^Questo oggetto DICOM \(CT\) non è una normale radiografia"):
        load_radiograph(path)


def test_the_report_is_italian_from_title_to_foot():
    text = " ".join(texts_of(report_pdf(compose_report(reported(), ReportChoices(), MADE_AT), Paper.A4)))
    for words in ("Punteggio Brixia di una radiografia del torace", "non un dispositivo medico", "Note di qualità"):
        assert words in text
    for english in ("Research software", "Quality notes", "Explanation map", "Confidence", "Study date"):
        assert english not in text


def test_nothing_is_cut_off_in_the_window(qtbot, viewer):
    qtbot.waitUntil(viewer.isVisible)
    assert cut_off(viewer) == []


def test_nothing_is_cut_off_in_the_preferences(qtbot, viewer):
    viewer.actions_by_name["preferences"].trigger()
    (bar,) = viewer.preferences.findChildren(QTabWidget)
    for page in range(bar.count()):
        bar.setCurrentIndex(page)
        QApplication.processEvents()
        assert cut_off(viewer.preferences) == [], bar.tabText(page)


def test_nothing_is_cut_off_and_no_letter_underlined_twice_in_the_report_dialog(qtbot, tmp_path):
    everything = AvailableParts(reading=True, explanation=True, lungs=True)
    dialog = ReportDialog(metadata(), everything, tmp_path, MADE_AT, paper=Paper.A4)
    qtbot.addWidget(dialog)
    dialog.show()
    assert cut_off(dialog) == []
    texts = [one.text() for one in (*dialog.findChildren(QLabel), *dialog.findChildren(QAbstractButton))]
    letters = [text.partition("&")[2][:1].lower() for text in texts if "&" in text]
    assert len(letters) >= 9
    assert len(set(letters)) == len(letters)


def test_every_page_of_the_help_is_there_in_italian_and_in_the_words_of_the_program():
    english = {file.name for file in (FOLDER / SOURCE_LANGUAGE).glob("*.md")}
    assert {file.name for file in (FOLDER / "it").glob("*.md")} == english
    pages = {page.place: " ".join(page.markdown.split()) for page in load_pages("it", no_report)}
    assert zone_class_meaning(0) in pages["5-scores"]
    for number in range(1, N_CLASSES):
        said = "infiltrati " + zone_class_meaning(number).removeprefix("infiltrati ")
        assert f"| {number} | {said} |" in pages["5-scores"]
    assert "«R (paziente)»" in pages["2-first-steps"]

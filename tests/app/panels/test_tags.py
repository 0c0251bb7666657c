import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from app.look.theme import DARK
from app.panels.tags import IDENTITY, NAME, TAG, VALUE, TagsWindow
from app.session.open_image import OpenImage
from bsnet_core.radiograph import ImageMetadata
from tests.dicom_files import chest_dataset, ramp
from tests.tagged_dicom import write_tagged_dicom


@pytest.fixture
def image(tmp_path):
    return write_tagged_dicom(tmp_path / "film.dcm")


@pytest.fixture
def browser(qtbot, queue):
    made = TagsWindow(queue, DARK)
    qtbot.addWidget(made)
    return made


def image_of(path):
    return OpenImage(0, path, metadata=ImageMetadata(patient_name="Test^Patient"))


def rows_of(browser, column):
    model, found = browser.tree.model(), []

    def walk(parent):
        for row in range(model.rowCount(parent)):
            found.append(model.index(row, column, parent).data())
            walk(model.index(row, 0, parent))

    walk(browser.tree.rootIndex())
    return found


def open_on(qtbot, browser, path):
    browser.show_image(image_of(path))
    browser.show()
    qtbot.waitUntil(lambda: rows_of(browser, TAG) != [])


def test_the_browser_reads_only_once_it_is_open_and_then_follows_the_study(qtbot, browser, image, tmp_path):
    browser.show_image(image_of(image))
    assert rows_of(browser, TAG) == []
    browser.show()
    qtbot.waitUntil(lambda: "Test^Patient" in rows_of(browser, VALUE))
    assert browser.windowTitle() == "DICOM tags of Test Patient"
    other = tmp_path / "other.dcm"
    chest_dataset(ramp(64, 48), bits=12, PatientName="Other").save_as(other, enforce_file_format=True)
    browser.show_image(image_of(other))
    qtbot.waitUntil(lambda: "Other" in rows_of(browser, VALUE))
    assert "Test^Patient" not in rows_of(browser, VALUE)


@pytest.mark.parametrize("words", ["(0010,0010)", "00100010", "patientname", "Patient's name", "test^pat"])
def test_a_search_finds_tags_by_number_keyword_name_and_value(qtbot, browser, image, words):
    open_on(qtbot, browser, image)
    qtbot.keyClicks(browser.search_line, words)
    qtbot.keyClick(browser.search_line, Qt.Key.Key_Return)
    assert rows_of(browser, NAME) == ["Patient's Name"]
    browser.search_line.clear()
    qtbot.waitUntil(lambda: len(rows_of(browser, NAME)) > 20)


def test_a_search_shows_what_its_finds_lie_in(qtbot, browser, image):
    open_on(qtbot, browser, image)
    browser.search_line.setText("inner")
    qtbot.waitUntil(lambda: len(rows_of(browser, NAME)) == 5)
    assert rows_of(browser, NAME)[0] == "View Code Sequence"
    assert rows_of(browser, VALUE)[-1] == "inner"


def test_identity_is_said_in_words_and_by_a_sign(qtbot, browser, image):
    open_on(qtbot, browser, image)
    browser.search_line.setText("0010001")
    qtbot.keyClick(browser.search_line, Qt.Key.Key_Return)
    index = browser.tree.model().index(0, IDENTITY)
    assert index.data() == "identifies"
    assert not index.data(Qt.ItemDataRole.DecorationRole).isNull()


def test_chosen_rows_are_copied_as_text(qtbot, browser, image):
    open_on(qtbot, browser, image)
    browser.search_line.setText("00100010")
    qtbot.keyClick(browser.search_line, Qt.Key.Key_Return)
    place = browser.tree.visualRect(browser.tree.model().index(0, NAME)).center()
    qtbot.mouseClick(browser.tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    browser.copy()
    assert QGuiApplication.clipboard().text() == "(0010,0010)\tPatient's Name\tPN\tTest^Patient\tidentifies"


def test_an_unreadable_file_is_said_in_the_window(qtbot, browser, tmp_path):
    browser.show_image(image_of(tmp_path / "gone.dcm"))
    browser.show()
    qtbot.waitUntil(lambda: "no longer exists" in browser.note_text)
    assert rows_of(browser, TAG) == []

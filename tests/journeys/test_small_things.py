"""What hands and eyes expect of a window: menus where the pointer is, names as people write them, lists that follow."""

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt, QTranslator
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QListView, QMenu, QToolButton, QWidget

from app.canvas.corners import corner_lines
from app.library.order import ListOrder
from app.settings.settings import Settings
from bsnet_core.language import SOURCE_LANGUAGE, use_language
from tests.dicom_files import ramp, write_dicom

RIGHT, NONE = Qt.MouseButton.RightButton, Qt.MouseButton.NoButton


def written(folder, number, **tags):
    tags = {"PatientName": f"Test^{number:02d}", "PatientID": f"P{number:02d}"} | tags
    return write_dicom(folder / f"{number:02d}.dcm", ramp(400, 300), bits=12, **tags)


def opened(qtbot, open_viewer, no_model, *files):
    viewer = open_viewer("--model", no_model, *files)
    qtbot.waitUntil(
        lambda: len(viewer.session.images) == len(files) and all(image.is_loaded for image in viewer.session.images)
    )
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None and not viewer.inference.is_busy)
    return viewer


def drag_right(view, dx):
    start = QPointF(300, 250)
    for kind, place, button, held in (
        (QEvent.Type.MouseButtonPress, start, RIGHT, RIGHT),
        (QEvent.Type.MouseMove, start + QPointF(dx, dx), NONE, RIGHT),
        (QEvent.Type.MouseMove, start, NONE, RIGHT),
        (QEvent.Type.MouseButtonRelease, start, RIGHT, NONE),
    ):
        event = QMouseEvent(kind, place, view.mapToGlobal(place), button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(view, event)


def open_menu():
    return next((menu for menu in QApplication.topLevelWidgets() if isinstance(menu, QMenu) and menu.isVisible()), None)


def list_named(viewer, name):
    (found,) = [one for one in viewer.findChildren(QListView) if one.accessibleName() == name]
    return found


def first_lines(view):
    return [str(view.model().index(row, 0).data()).splitlines()[0] for row in range(view.model().rowCount())]


def test_a_right_click_on_the_image_opens_its_menu_and_a_right_drag_does_not(qtbot, open_viewer, no_model, tmp_path):
    viewer = opened(qtbot, open_viewer, no_model, written(tmp_path, 1))
    drag_right(viewer.view, 40)
    assert open_menu() is None
    drag_right(viewer.view, 0)
    menu = open_menu()
    assert menu is not None
    assert viewer.actions_by_name["invert"] in menu.actions()
    assert viewer.actions_by_name["corner_texts"] in menu.actions()
    assert all(action.isEnabled() for action in menu.actions() if not action.isSeparator())
    before = viewer.view.grab().toImage()
    viewer.actions_by_name["invert"].trigger()
    menu.close()
    assert viewer.view.grab().toImage() != before


def test_the_menu_key_opens_the_menu_in_the_middle_of_the_image(qtbot, open_viewer, no_model, tmp_path):
    viewer = opened(qtbot, open_viewer, no_model, written(tmp_path, 1))
    middle = viewer.view.rect().center()
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(viewer.view, QContextMenuEvent(reason, middle, viewer.view.mapToGlobal(middle)))
    menu = open_menu()
    assert menu is not None
    qtbot.keyClick(menu, Qt.Key.Key_Escape)
    assert open_menu() is None


def test_names_and_ages_are_written_as_people_write_them(qtbot, open_viewer, no_model, tmp_path):
    path = written(tmp_path, 1, PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう", PatientAge="068Y", PatientSex="M")
    viewer = opened(qtbot, open_viewer, no_model, path)
    corners = corner_lines(viewer.view._scene(viewer.view.shown, 1.0).corners).top_left
    assert corners[0] == "Yamada Tarou (山田 太郎, やまだ たろう)"
    assert corners[2] == "M  68 years"
    library = list_named(viewer, "Images of the library")
    qtbot.waitUntil(lambda: library.model().rowCount() == 1)
    for view in (library, list_named(viewer, "Images of this session")):
        assert first_lines(view) == ["Yamada Tarou (山田 太郎, やまだ たろう)"]


def test_the_image_opened_last_is_the_first_of_the_library_also_when_it_was_open_already(
    qtbot, open_viewer, no_model, tmp_path
):
    viewer = opened(qtbot, open_viewer, no_model, *[written(tmp_path, number) for number in (1, 2, 3)])
    viewer.images.choose_order(ListOrder.LAST_OPENED)
    library = list_named(viewer, "Images of the library")
    qtbot.waitUntil(lambda: library.model().rowCount() == 3)
    for key in (2, 0, 1):
        viewer.session.select(key)
        qtbot.waitUntil(lambda key=key: first_lines(library)[0] == f"Test {key + 1:02d}")
    assert first_lines(library) == ["Test 02", "Test 01", "Test 03"]


def test_the_row_of_the_image_shown_stays_in_sight(qtbot, open_viewer, no_model, tmp_path):
    viewer = opened(qtbot, open_viewer, no_model, *[written(tmp_path, number) for number in range(12)])
    rows = list_named(viewer, "Images of this session")

    def in_sight():
        return rows.viewport().rect().contains(rows.visualRect(rows.currentIndex()))

    for _step in range(11):
        viewer.actions_by_name["next"].trigger()
        assert in_sight()
    viewer.resize(1440, 640)
    qtbot.waitUntil(lambda: viewer.height() == 640)
    qtbot.waitUntil(in_sight)
    rows.verticalScrollBar().setValue(0)
    assert not in_sight()
    viewer.actions_by_name["previous"].trigger()
    assert in_sight()


def test_the_statistics_stay_above_the_window_and_fit_a_small_screen(qtbot, open_viewer, no_model):
    viewer = open_viewer("--model", no_model, "--no-samples")
    viewer.actions_by_name["statistics"].trigger()
    statistics = viewer.own_reading.statistics
    assert statistics.windowHandle().transientParent() is viewer.windowHandle()
    assert statistics.windowFlags() & Qt.WindowType.Dialog == Qt.WindowType.Dialog
    assert statistics.minimumSizeHint().height() <= 720
    screen = statistics.screen().availableSize()
    assert statistics.height() < screen.height()
    assert statistics.width() < screen.width()
    statistics.resize(1000, 672)
    qtbot.waitUntil(lambda: statistics.height() == 672)


def test_the_button_says_whether_the_images_are_linked(qtbot, open_viewer, no_model, tmp_path):
    same = {"PatientName": "One^Patient", "PatientID": "P"}
    days = [written(tmp_path, day, StudyDate=f"202001{day:02d}", **same) for day in (5, 1)]
    viewer = opened(qtbot, open_viewer, no_model, *days)
    viewer.actions_by_name["compare_prior"].trigger()
    qtbot.waitUntil(lambda: viewer.group.prior_shown)
    (button,) = [one for one in viewer.findChildren(QToolButton) if one.accessibleName() == "Link zoom and pan"]
    width = button.width()
    assert button.text() == "✓ Linked"
    button.click()
    assert button.text() == "Not linked"
    assert not viewer.actions_by_name["link_views"].isChecked()
    assert button.width() == width
    viewer.actions_by_name["link_views"].trigger()
    assert button.text() == "✓ Linked"


@pytest.fixture
def italian(own_home):
    settings = Settings()
    settings.language = "it"
    settings.save()
    yield
    use_language(SOURCE_LANGUAGE)
    for translator in QApplication.instance().findChildren(QTranslator):
        QApplication.removeTranslator(translator)


@pytest.mark.parametrize("mode", QFileDialog.AcceptMode)
def test_qt_s_own_dialogs_speak_italian(qtbot, italian, open_viewer, no_model, mode):
    open_viewer("--model", no_model, "--no-samples")
    dialog = QFileDialog()
    qtbot.addWidget(dialog)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setAcceptMode(mode)
    said = {label.text().replace("&", "") for label in dialog.findChildren(QLabel)}
    assert {"Cerca in:", "Nome del file:", "File di tipo:"} <= said
    texts = [widget.toolTip() for widget in dialog.findChildren(QWidget)] + list(said)
    assert not [text for text in texts if text.startswith(("Look", "Files of", "File name", "Go ", "Change "))]

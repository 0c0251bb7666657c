"""Large letters in a small window: nothing is clipped, nothing lies on something else."""

from itertools import combinations

import pytest
from PySide6.QtCore import QRectF, QTranslator
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QSlider, QToolButton

from app.canvas import corners
from app.canvas.overlays import stack, zones
from app.settings.settings import Settings
from bsnet_core.brixia import ZONES
from bsnet_core.language import SOURCE_LANGUAGE, use_language
from tests.app.predictions import explanation, prediction
from tests.dicom_files import ramp, write_dicom

SIZES = [(1280, 720), (1440, 900), (1080, 1920)]


@pytest.fixture
def viewer(qtbot, own_home, open_viewer, no_model, tmp_path):
    """In Italian at 150%, with the prior image, a saved reading and an explanation."""
    settings = Settings()
    settings.language, settings.font_percent = "it", 150
    settings.save()
    same = {"PatientName": "Rossi^Maria", "PatientID": "P", "StudyDescription": "Torace antero-posteriore a letto"}
    days = [
        write_dicom(tmp_path / f"{day}.dcm", ramp(400, 320), bits=12, StudyDate=f"202001{day:02d}", **same)
        for day in (5, 1)
    ]
    made = open_viewer("--model", no_model, *days)
    qtbot.waitUntil(lambda: len(made.session.images) == 2 and all(image.is_loaded for image in made.session.images))
    qtbot.waitUntil(lambda: made.view.radiograph is not None and not made.inference.is_busy)
    made.messages.hide()
    made.intended_use.hide()
    for key in (0, 1):
        made.session.accept_prediction(key, prediction())
    made.session.accept_explanation(0, explanation({0: (0, 0, 1)}))
    for zone in ZONES:
        made.session.enter(0, zone, 2)
    made.session.save_reading(0)
    yield made
    use_language(SOURCE_LANGUAGE)
    for translator in QApplication.instance().findChildren(QTranslator):
        QApplication.removeTranslator(translator)


def shown_at(viewer, size):
    for _turn in range(2):
        viewer.resize(*size)
        QApplication.processEvents()
    assert (viewer.width(), viewer.height()) == size


@pytest.mark.parametrize("size", SIZES)
def test_captions_legend_and_sliders_have_their_room(qtbot, viewer, size):
    viewer.actions_by_name["compare_prior"].trigger()
    qtbot.waitUntil(lambda: viewer.group.prior_shown)
    shown_at(viewer, size)

    def cut_off():
        labels = [*viewer.group.findChildren(QLabel), *viewer.overlays.findChildren(QLabel)]
        labels = [label for label in labels if label.isVisible() and label.text()]
        short = [label.text() for label in labels if label.height() < label.heightForWidth(label.width())]
        for label in labels:
            if "<" not in label.text():
                metrics, words = label.fontMetrics(), label.text().split()
                short += [word for word in words if metrics.horizontalAdvance(word) > label.width()]
        return short

    qtbot.waitUntil(lambda: cut_off() == [], timeout=5000)
    sliders = [slider for slider in viewer.overlays.findChildren(QSlider) if slider.isVisible()]
    assert sliders
    assert min(slider.width() for slider in sliders) >= 40


def scene_of(view):
    return view._scene(view.shown, 1.0)


def texts_of_zones(view, monkeypatch):
    """Texts over the image, without those in its corners, and the places of their letters."""
    written, real = [], zones.write

    def note(painter, place, alignment, lines, font, *rest):
        for text in filter(None, lines):
            box = QFontMetricsF(font).tightBoundingRect(text)
            box.moveCenter(place.center())
            written.append((text, box))
        real(painter, place, alignment, lines, font, *rest)

    scene = scene_of(view)
    image = QImage(view.size(), QImage.Format.Format_RGB32)
    with monkeypatch.context() as patch:
        patch.setattr(zones, "write", note)
        painter = QPainter(image)
        painter.setFont(view.font())
        occupied = corners.occupied_at_top(QRectF(view.rect()), scene.corners, view.font())
        sides = scene.corners.radiograph.metadata.patient_orientation
        stack.paint(painter, scene.geometry.to_view, scene.overlays, sides, occupied)
        painter.end()
    return written


@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_no_text_over_the_image_lies_on_another(qtbot, viewer, size, prior, monkeypatch):
    if prior:
        viewer.actions_by_name["compare_prior"].trigger()
        qtbot.waitUntil(lambda: viewer.group.prior_shown)
    shown_at(viewer, size)
    written = texts_of_zones(viewer.view, monkeypatch)
    assert len(written) >= 3 * len(ZONES)
    assert any("Δ" in text for text, _place in written) == prior
    pairs = combinations(written, 2)
    assert [(one, other) for (one, place), (other, beside) in pairs if place.intersects(beside)] == []


@pytest.mark.parametrize("size", SIZES)
def test_the_window_s_values_are_whole_beside_a_prior_image(qtbot, viewer, size, monkeypatch):
    viewer.actions_by_name["compare_prior"].trigger()
    qtbot.waitUntil(lambda: viewer.group.prior_shown)
    shown_at(viewer, size)
    cut, real = [], corners.write

    def note(painter, place, alignment, lines, font, *rest):
        cut.extend(line for line in lines if QFontMetricsF(font).horizontalAdvance(line) > place.width())
        real(painter, place, alignment, lines, font, *rest)

    monkeypatch.setattr(corners, "write", note)
    image = QImage(viewer.view.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    scene = scene_of(viewer.view)
    corners.paint(painter, QRectF(viewer.view.rect()), scene.corners, viewer.view.font())
    painter.end()
    assert not {line for line in cut if line.startswith(("C ", "Zoom"))}


def test_the_panes_leave_the_image_its_room_and_the_usual_choices_are_whole(qtbot, viewer):
    shown_at(viewer, (1280, 720))
    choosers = [box for box in viewer.overlays.findChildren(QComboBox) if box.isVisible()]
    assert len(choosers) == 4

    def cut_off():
        shown = [(box, box.fontMetrics().horizontalAdvance(box.currentText())) for box in choosers]
        return [box.currentText() for box, width in shown if width > box.width() - 30]  # the arrow

    qtbot.waitUntil(lambda: cut_off() == [], timeout=5000)
    assert viewer.group.width() > 500
    for box in choosers:
        box.showPopup()
        longest = max(box.fontMetrics().horizontalAdvance(box.itemText(row)) for row in range(box.count()))
        assert box.view().viewport().width() > longest
        box.hidePopup()


def test_lists_and_trend_share_a_low_pane(qtbot, viewer):
    viewer._settings.font_percent = 100
    shown_at(viewer, (1280, 720))
    trend = viewer.trend
    qtbot.waitUntil(trend.isVisible)
    qtbot.waitUntil(lambda: trend.visibleRegion().boundingRect().height() == trend.height(), timeout=5000)


@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_the_names_of_the_sides_make_way_for_the_texts_in_the_corners(qtbot, viewer, size, prior, monkeypatch):
    if prior:
        viewer.actions_by_name["compare_prior"].trigger()
        qtbot.waitUntil(lambda: viewer.group.prior_shown)
    shown_at(viewer, size)
    occupied = corners.occupied_at_top(QRectF(viewer.view.rect()), scene_of(viewer.view).corners, viewer.view.font())
    written = [place for text, place in texts_of_zones(viewer.view, monkeypatch) if "paziente" in text]
    assert len(written) == 2
    assert not [box for box in occupied for place in written if place.intersects(box)]


def test_the_button_for_what_has_no_room_in_the_toolbar_is_visible_in_both_themes(qtbot, viewer):
    for theme in ("dark", "light"):
        box = viewer.preferences.control("theme")
        box.setCurrentIndex(box.findData(theme))
        shown_at(viewer, (1080, 1920))
        button = viewer.tool_bar.findChild(QToolButton, "qt_toolbar_ext_button")
        qtbot.waitUntil(button.isVisible)

        def contrast(button=button):
            image = button.grab().toImage()
            greys = [image.pixelColor(x, y).lightness() for x in range(image.width()) for y in range(image.height())]
            return max(greys) - min(greys)

        qtbot.waitUntil(lambda: contrast() > 100, timeout=5000)

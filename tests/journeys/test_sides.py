"""Zone A lies on the patient's right, whichever way the film is stored, wherever the window shows it."""

import numpy as np
import pypdfium2
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QWidget

from app.canvas.overlays.zones import zone_polygon
from app.panels.report_dialog import ReportDialog
from bsnet_core.brixia import Zone
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from tests.dicom_files import write_dicom
from tests.journeys.saving_tables import save_table

pytestmark = pytest.mark.usefixtures("shipped_model")
WITHIN_MS = 120_000


def write_image(path, kind):
    """The first sample, its lungs unlike each other, stored in one of three ways."""
    pixels = load_radiograph(sample_files()[0]).stored
    if kind == "inverted":
        return write_dicom(path, np.ascontiguousarray(255 - pixels), PhotometricInterpretation="MONOCHROME1")
    if kind == "flipped":
        return write_dicom(path, np.ascontiguousarray(pixels[:, ::-1]), PatientOrientation=["R", "F"])
    return write_dicom(path, pixels)


@pytest.fixture(scope="module")
def upright_score(shipped_model):
    from bsnet_core.inference.predictor import Predictor

    return Predictor.load(shipped_model, device="cpu").predict(load_radiograph(sample_files()[0])).score


@pytest.mark.parametrize("kind", ["as usual", "inverted", "flipped"])
def test_zone_a_is_the_patient_s_right_on_grid_overlay_report_and_table(
    qtbot, open_viewer, shipped_model, upright_score, tmp_path, monkeypatch, kind
):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", write_image(tmp_path / "film.dcm", kind))
    qtbot.waitUntil(
        lambda: viewer.session.current is not None and viewer.session.current.prediction is not None, timeout=WITHIN_MS
    )
    prediction, view = viewer.session.current.prediction, viewer.view
    # The same lungs get the same scores on the same sides, however they were stored.
    assert prediction.score == upright_score

    cells = {zone: viewer.scores.cell(zone) for zone in Zone}
    for zone in Zone:
        across = cells[zone].mapTo(viewer, cells[zone].rect().center()).x()
        others = [cells[other].mapTo(viewer, cells[other].rect().center()).x() for other in Zone]
        assert (across == min(others)) is zone.is_patient_right
        on_screen = view.view_geometry.to_view.map(zone_polygon(view.overlays.frames, zone)).boundingRect().center()
        assert (on_screen.x() < view.width() / 2) is zone.is_patient_right
    letters = view.orientation.letters(viewer.session.current.metadata.patient_orientation)
    assert (letters.left, letters.right) == ("R", "L")
    # What is seen on the left of the screen is the patient's right lung of the film as it was made.
    standard = load_radiograph(sample_files()[0]).stored
    shown = view.radiograph.stored if kind != "inverted" else 255 - view.radiograph.stored
    place = view.view_geometry.to_view.inverted()[0].map(QPointF(view.width() * 0.4, view.height() * 0.5))
    column, row = int(place.x()), int(place.y())
    from_left = column if kind != "flipped" or np.array_equal(shown, standard) else shown.shape[1] - 1 - column
    assert shown[row, column] == standard[row, from_left]
    assert from_left < standard.shape[1] / 2

    for zone in Zone:
        viewer.scores.cell(zone).entry.button(3 if zone is Zone.A else 0).click()
    with qtbot.waitSignal(viewer.keeper.kept, timeout=WITHIN_MS):
        viewer.scores.save_button.click()
    table, report = tmp_path / "readings.csv", tmp_path / "report.pdf"
    (line,) = save_table(qtbot, viewer, monkeypatch, "export_csv", table)
    assert line["Reading A (patient's right, upper)"] == "3"
    assert line["Predicted A (patient's right, upper)"] == str(upright_score[Zone.A])
    assert line["Predicted D (patient's left, upper)"] == str(upright_score[Zone.D])

    viewer.actions_by_name["report"].trigger()
    dialog = viewer.findChildren(ReportDialog)[-1]
    buttons = {widget.text(): widget for widget in dialog.findChildren(QWidget) if isinstance(widget, QAbstractButton)}
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(report), ""))
    buttons["&Choose…"].click()
    with qtbot.waitSignal(dialog.accepted, timeout=WITHIN_MS):
        buttons["&Save report"].click()
    right, left = place_of_sides(report)
    assert right < left


def test_sides_that_the_file_does_not_state_are_assumed_on_image_panels_and_report(
    qtbot, open_viewer, shipped_model, tmp_path, monkeypatch
):
    unstated = write_dicom(
        tmp_path / "unstated.dcm", load_radiograph(sample_files()[0]).stored, PatientOrientation=None
    )
    viewer = open_viewer(
        "--model", shipped_model, "--device", "cpu", unstated, write_image(tmp_path / "b.dcm", "usual")
    )
    qtbot.waitUntil(
        lambda: viewer.session.current is not None and viewer.session.current.prediction is not None, timeout=WITHIN_MS
    )

    def headings():
        return {label.text() for label in viewer.findChildren(QLabel) if label.objectName() == "side"}

    assert headings() == {"R assumed", "L assumed"}
    report, shown = tmp_path / "report.pdf", viewer.view.grab().toImage()
    viewer.actions_by_name["report"].trigger()
    dialog = viewer.findChildren(ReportDialog)[-1]
    buttons = {widget.text(): widget for widget in dialog.findChildren(QWidget) if isinstance(widget, QAbstractButton)}
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(report), ""))
    buttons["&Choose…"].click()
    with qtbot.waitSignal(dialog.accepted, timeout=WITHIN_MS):
        buttons["&Save report"].click()
    document = pypdfium2.PdfDocument(report)
    words = document[0].get_textpage().get_text_range()
    document.close()
    assert "R assumed" in words
    assert "(patient)" not in words

    viewer.session.select(1)
    qtbot.waitUntil(lambda: viewer.session.current.prediction is not None, timeout=WITHIN_MS)
    assert headings() == {"R (patient)", "L (patient)"}
    assert viewer.view.grab().toImage() != shown


def place_of_sides(path):
    """How far from the left edge of the first page "R (patient)" and "L (patient)" stand."""
    document = pypdfium2.PdfDocument(path)
    try:
        text = document[0].get_textpage()
        places = []
        for words in ("R (patient)", "L (patient)"):
            searcher = text.search(words)
            index, _count = searcher.get_next()
            places.append(text.get_charbox(index)[0])
        return places
    finally:
        document.close()

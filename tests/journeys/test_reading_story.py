"""A radiologist reads blind, saves, compares, reports, and finds everything again at the next start."""

import dataclasses
import signal
import subprocess
import sys

import numpy as np
import pydicom
import pypdfium2
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QLabel, QListView, QTableWidget, QWidget

from app.panels.report_dialog import ReportDialog
from app.session.open_image import ImageState
from app.session.reading_statistics import Counted
from bsnet_core.agreement import agreement_table, compare_scores
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.explanation import Masking
from bsnet_core.resources import sample_files
from tests.journeys.saving_tables import save_table

pytestmark = pytest.mark.usefixtures("shipped_model")
WITHIN_MS = 120_000
READ = "123012"


def wait_until_analysed(qtbot, viewer, key):
    def analysed():
        current = viewer.session.current
        return current is not None and current.key == key and current.prediction is not None

    qtbot.waitUntil(analysed, timeout=WITHIN_MS)


def wait_until_rested(qtbot, viewer):
    """Everything asked of the library so far is answered, and what the answers ask for as well."""
    for _round in range(3):
        with qtbot.waitCallback(timeout=WITHIN_MS) as answered:
            viewer.keeper.ask(lambda library: None, answered)


def type_score(qtbot, viewer, digits):
    for digit in digits:
        qtbot.keyClick(viewer, digit)


def read_blind(qtbot, viewer, digits):
    """Scoring mode, six digits, Return."""
    if not viewer.own_reading.scoring.is_on:
        qtbot.keyClick(viewer, Qt.Key.Key_S)
    type_score(qtbot, viewer, digits)
    with qtbot.waitSignal(viewer.keeper.kept, timeout=WITHIN_MS):
        qtbot.keyClick(viewer, Qt.Key.Key_Return)


def rows_of(view):
    model = view.model()
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
    return [str(model.index(row, 0).data(role) or "") for row in range(model.rowCount()) for role in roles]


def texts_of(viewer):
    """Whatever the window says to eyes, pointer and screen reader, widget by widget."""
    said = []
    for widget in viewer.findChildren(QWidget):
        said += [widget.toolTip(), widget.statusTip(), widget.accessibleName(), widget.accessibleDescription()]
        text = getattr(widget, "text", None)
        said.append(text() if callable(text) else "")
        if isinstance(widget, QListView):
            said += rows_of(widget)
        if isinstance(widget, QTableWidget):
            cells = [widget.item(row, column) for row in range(widget.rowCount()) for column in
                     range(widget.columnCount())]  # fmt: skip
            said += [f"{cell.text()} {cell.toolTip()}" for cell in cells if cell is not None]
    return [str(one) for one in said if one]


def library_rows(viewer):
    (images,) = [view for view in viewer.findChildren(QListView) if view.accessibleName() == "Images of the library"]
    return "\n".join(images.model().index(row, 0).data() for row in range(images.model().rowCount()))


def open_report(viewer):
    viewer.actions_by_name["report"].trigger()
    return viewer.findChildren(ReportDialog)[-1]


def name_file(dialog, monkeypatch, path):
    """Chooses folder and name as the system's own dialog gives them back."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    (choose,) = [button for button in dialog.findChildren(QWidget) if getattr(button, "text", str)() == "&Choose…"]
    choose.click()


def save_report(qtbot, dialog):
    (save,) = [button for button in dialog.findChildren(QWidget) if getattr(button, "text", str)() == "&Save report"]
    save.click()


def report_text(qtbot, viewer, monkeypatch, path):
    """The words of the PDF report that the dialog writes."""
    dialog = open_report(viewer)
    name_file(dialog, monkeypatch, path)
    with qtbot.waitSignal(dialog.accepted, timeout=WITHIN_MS):
        save_report(qtbot, dialog)
    document = pypdfium2.PdfDocument(path)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def with_another_score(prediction):
    """The same lungs with other probabilities."""
    probabilities = np.ascontiguousarray(np.roll(prediction.zone_probabilities, 1, axis=-1))
    return dataclasses.replace(prediction, zone_probabilities=probabilities, quality=("another note",))


def test_nothing_on_the_window_depends_on_a_hidden_prediction(qtbot, open_viewer, shipped_model, tmp_path, monkeypatch):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:2])
    viewer.session.blind = True
    wait_until_analysed(qtbot, viewer, 0)
    wait_until_rested(qtbot, viewer)
    qtbot.waitUntil(lambda: "analysed" in library_rows(viewer), timeout=WITHIN_MS)
    viewer.setFocus()
    assert viewer.scores.total_text == "Hidden until you save"
    report = report_text(qtbot, viewer, monkeypatch, tmp_path / "one.pdf")
    viewer.messages.hide()
    wait_until_rested(qtbot, viewer)
    texts, image = texts_of(viewer), viewer.grab().toImage()
    viewer.session.accept_prediction(0, with_another_score(viewer.session.current.prediction))
    wait_until_rested(qtbot, viewer)
    assert texts_of(viewer) == texts
    qtbot.waitUntil(lambda: viewer.grab().toImage() == image)
    assert not viewer.view.overlays.shows_result
    other = report_text(qtbot, viewer, monkeypatch, tmp_path / "two.pdf")
    without_time = [line for line in report.splitlines() if line in other.splitlines()]
    assert len(without_time) >= len(report.splitlines()) - 1  # the moment of writing may differ
    assert "Predicted score" not in report


def test_a_study_read_blind_is_revealed_compared_reported_and_found_again(
    qtbot, open_viewer, shipped_model, tmp_path, monkeypatch
):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:3])
    wait_until_analysed(qtbot, viewer, 0)
    qtbot.keyClick(viewer, Qt.Key.Key_B)
    assert viewer.session.blind
    viewer.actions_by_name["next"].trigger()
    wait_until_analysed(qtbot, viewer, 1)
    prediction = viewer.session.current.prediction

    qtbot.keyClick(viewer, Qt.Key.Key_S)
    type_score(qtbot, viewer, READ)
    assert viewer.scores.own_text == "Yours: 9 / 18, not saved"
    assert viewer.scores.total_text == "Hidden until you save"
    assert viewer.scores.comparison_text == ""
    qtbot.keyClick(viewer, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert viewer.scores.own_text == "Yours: 1 zone missing"
    qtbot.keyClick(viewer, Qt.Key.Key_Return)
    assert "F" in viewer.messages.text  # the missing zone is named
    assert viewer.session.current.readings == ()
    qtbot.keyClick(viewer, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert viewer.scores.own_text == "Yours: 9 / 18, not saved"
    with qtbot.waitSignal(viewer.keeper.kept, timeout=WITHIN_MS):
        qtbot.keyClick(viewer, Qt.Key.Key_Return)

    (reading,) = viewer.session.current.readings
    assert reading.blind
    assert str(reading.score) == READ
    assert viewer.scores.total_text == f"Global {prediction.score.total} / 18"
    difference = compare_scores(prediction.score, reading.score)
    for limit, accepted in (("0.5", difference.zones_are_accepted), ("±2", difference.total_is_accepted)):
        assert f"{'within' if accepted else 'outside'} the accepted {limit}" in viewer.scores.comparison_text
    comparison = viewer.own_reading.comparison
    assert comparison.isVisible()
    for line, accepted in zip(
        comparison.verdict_text.splitlines(), (difference.zones_are_accepted, difference.total_is_accepted), strict=True
    ):
        assert ("within the accepted" if accepted else "outside the accepted") in line
    before = viewer.view.grab().toImage()
    comparison.mark.setChecked(True)
    differing = {zone for zone in Zone if prediction.score[zone] != reading.score[zone]}
    assert viewer.view.overlays.differing == differing
    assert viewer.view.grab().toImage() != before
    comparison.mark.setChecked(False)
    qtbot.waitUntil(lambda: viewer.view.grab().toImage() == before)

    words = report_text(qtbot, viewer, monkeypatch, tmp_path / "report.pdf")
    assert f"{prediction.score.total}" in words
    assert prediction.model.sha256 in words.replace("\r", "").replace("\n", "")
    assert "research software, not a medical device" in words.lower()
    assert "R (patient)" in words
    assert "L (patient)" in words

    table = tmp_path / "readings.csv"
    (row,) = save_table(qtbot, viewer, monkeypatch, "export_csv", table)
    assert row["Reading A (patient's right, upper)"] == READ[0]
    assert row["Reading D (patient's left, upper)"] == READ[3]
    assert row["Predicted A (patient's right, upper)"] == str(prediction.score[Zone.A])
    assert row["Predicted global"] == str(prediction.score.total)
    assert row["Weights SHA-256"] == prediction.model.sha256
    assert row["Blind"] == "yes"

    viewer.actions_by_name["next"].trigger()
    wait_until_analysed(qtbot, viewer, 2)
    type_score(qtbot, viewer, "12")
    viewer.close()
    assert viewer.all_work_ended

    again = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:3])
    qtbot.waitUntil(lambda: len(again.session.images) == 3, timeout=WITHIN_MS)
    qtbot.waitUntil(lambda: again.session.image(2).draft == {Zone.A: 1, Zone.B: 2}, timeout=WITHIN_MS)
    assert again.session.blind
    assert again.session.image(1).readings == (reading,)
    qtbot.waitUntil(lambda: f"predicted {prediction.score.total}/18" in library_rows(again), timeout=WITHIN_MS)
    assert "read 9/18" in library_rows(again)
    again.session.select(1)
    wait_until_analysed(qtbot, again, 1)
    assert again.scores.total_text == f"Global {prediction.score.total} / 18"
    assert again.own_reading.comparison.isVisible()
    drawn = [(prediction.score.total, (("", 9),))]  # of the films not read yet nothing is told while reading blind
    qtbot.waitUntil(
        lambda: [(image.predicted, image.read_totals) for image in again.trend.chart.images] == drawn, timeout=WITHIN_MS
    )


SAVE_AND_WAIT = """
import sys
import app.__main__ as viewer
from bsnet_core.brixia import Zone
from bsnet_core.resources import sample_files

opened = viewer.open_window

def open_and_save(*arguments):
    window = opened(*arguments)

    def score(key, recalled):
        for zone in Zone:
            window.session.enter(key, zone, zone.row)
        window.session.save_reading(key)

    window.keeper.recalled.connect(score)
    window.keeper.kept.connect(lambda key, reading: print("kept", reading.score, flush=True))
    return window

viewer.open_window = open_and_save
sys.exit(viewer.main(["--device", "cpu", str(sample_files()[0])]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_reading_is_there_again_after_the_program_was_killed(qtbot, own_home, open_viewer, no_model):
    with subprocess.Popen([sys.executable, "-c", SAVE_AND_WAIT], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "kept 012012\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    viewer = open_viewer("--model", no_model, sample_files()[0])
    qtbot.waitUntil(lambda: bool(viewer.session.images) and bool(viewer.session.image(0).readings), timeout=WITHIN_MS)
    assert [str(reading.score) for reading in viewer.session.image(0).readings] == ["012012"]
    qtbot.waitUntil(lambda: viewer.session.image(0).state is ImageState.NOT_SCORED, timeout=WITHIN_MS)
    assert viewer.scores.own_text.startswith("unnamed reader: 6 / 18, saved ")
    wait_until_rested(qtbot, viewer)


def test_an_earlier_film_stands_beside_the_current_one_and_follows_its_zoom_and_switches(
    qtbot, open_viewer, shipped_model
):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:2])
    wait_until_analysed(qtbot, viewer, 0)
    viewer.session.select(1)
    wait_until_analysed(qtbot, viewer, 1)
    qtbot.keyClick(viewer, Qt.Key.Key_C)
    group = viewer.group
    qtbot.waitUntil(lambda: group.prior_shown, timeout=WITHIN_MS)
    assert viewer.prior_image.key == 0
    captions = [label.text() for label in group.findChildren(QLabel) if label.isVisible()]
    assert set(captions) == {"Current  2020-01-05", "Prior  2020-01-01  (4 days before)"}
    assert group.prior.overlays.frames is viewer.session.image(0).prediction.frames
    fitted = group.prior.view_geometry.scale
    viewer.actions_by_name["zoom_in"].trigger()
    viewer.actions_by_name["zoom_in"].trigger()
    assert group.prior.view_geometry.scale > fitted
    viewer.actions_by_name["zones"].trigger()
    assert group.prior.overlays.shown["zones"] is group.current.overlays.shown["zones"] is False
    qtbot.keyClick(viewer, Qt.Key.Key_C)
    assert not group.prior_shown

    # Chosen again from the trend: the chart's mark of the first film.
    qtbot.waitUntil(lambda: len(viewer.trend.chart.images) == 2, timeout=WITHIN_MS)
    chart = viewer.trend.chart
    qtbot.waitUntil(lambda: chart.is_drawn, timeout=WITHIN_MS)
    place = chart.place_of(0, chart.images[0].predicted).toPoint()
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)
    assert viewer.session.current.key == 0
    # And from the library's list, by Enter.
    (images,) = [view for view in viewer.findChildren(QListView) if view.accessibleName() == "Images of the library"]
    qtbot.waitUntil(lambda: images.model().rowCount() == 2, timeout=WITHIN_MS)
    row = next(row for row in range(2) if "2020-01-05" in images.model().index(row, 0).data())
    images.setCurrentIndex(images.model().index(row, 0))
    images.setFocus()
    qtbot.keyClick(images, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: viewer.session.current.key == 1, timeout=WITHIN_MS)
    wait_until_rested(qtbot, viewer)


def test_an_explanation_grows_on_the_screen_answers_the_pointer_and_becomes_a_figure(
    qtbot, open_viewer, shipped_model, tmp_path, monkeypatch
):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", sample_files()[0], masking=Masking.BLACK)
    wait_until_analysed(qtbot, viewer, 0)
    parts = []
    viewer.session.image_changed.connect(
        lambda key: parts.append(float(viewer.session.image(key).explanation.is_computed.mean()))
        if viewer.session.image(key).explanation is not None else None
    )  # fmt: skip
    viewer.actions_by_name["explain"].trigger()
    qtbot.waitUntil(lambda: bool(parts) and not viewer.inference.is_busy, timeout=WITHIN_MS)
    assert 0 < parts[0] < 1
    assert parts[-1] == 1
    assert parts == sorted(parts)
    image, view = viewer.session.current, viewer.view
    assert view.overlays.explanation is not None
    height, width = image.prediction.frames.image_shape
    middle = view.view_geometry.to_view.map(QPointF(width / 2, height / 2))
    view.pointer_moved.emit(width / 2, height / 2)
    assert "zone" in view.toolTip()
    assert view.rect().contains(middle.toPoint())
    all_zones = view.grab().toImage()
    scored = next(zone for zone in ZONES if image.prediction.score[zone] > 0)
    viewer.overlays.choose_zone(scored)
    assert view.grab().toImage() != all_zones
    figure = tmp_path / "figure.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(figure), ""))
    viewer.actions_by_name["export_figure"].trigger()
    qtbot.waitUntil(lambda: viewer.messages.text == f"Note: Saved: {figure}", timeout=WITHIN_MS)
    figure_image = QImage(str(figure))
    assert figure_image.width() > 2 * figure_image.height()  # three pictures beside each other
    # Hidden again, the pointer is told nothing.
    viewer.session.blind = True
    view.pointer_moved.emit(width / 2, height / 2)
    assert view.toolTip() == ""


def no_longer_samples(folder, count):
    """Samples with other identifiers: readings of these count."""
    files = []
    for number, sample in enumerate(sample_files()[:count]):
        data_set = pydicom.dcmread(sample)
        data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        files.append(folder / f"{number}.dcm")
        data_set.save_as(files[-1])
    return files


def test_the_statistics_window_agrees_with_the_core_s_figures(qtbot, open_viewer, shipped_model, tmp_path):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *no_longer_samples(tmp_path, 3))
    scores = ("123012", "000111", "333222")
    predicted = []
    for key, digits in enumerate(scores):
        qtbot.waitUntil(lambda key=key: len(viewer.session.images) > key, timeout=WITHIN_MS)
        viewer.session.select(key)
        wait_until_analysed(qtbot, viewer, key)
        predicted.append(viewer.session.current.prediction.score.zones)
        read_blind(qtbot, viewer, digits)
    viewer.actions_by_name["statistics"].trigger()
    panel = viewer.own_reading.statistics.panel
    panel.which.setCurrentIndex(panel.which.findData(Counted.LAST))
    qtbot.waitUntil(lambda: len(panel.shown) == 3, timeout=WITHIN_MS)
    expected = agreement_table(predicted, [BrixiaScore.from_text(digits).zones for digits in scores])
    assert panel.summary_text.startswith("3 readings of 3 images.")
    for row, agreement in enumerate([*(expected.zones[zone] for zone in ZONES), expected.all_zones, expected.total]):
        assert panel.table.item(row, 0).text() == str(agreement.count)
        assert panel.table.item(row, 1).text().startswith(f"{agreement.mean_absolute_error.value:.2f}")
        shown = panel.table.item(row, 2).text().replace("−", "-")
        assert shown.startswith(f"{agreement.mean_error.value:+.2f}")
        assert panel.table.item(row, 6).text() == f"{agreement.accepted_share:.0%}"
    limits = panel.plot.limits
    totals = [sum(zones) for zones in predicted], [BrixiaScore.from_text(digits).total for digits in scores]
    assert limits.mean_difference.value == pytest.approx(np.subtract(*totals).mean())

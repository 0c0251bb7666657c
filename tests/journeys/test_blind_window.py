"""In blind reading nothing in the whole window, for eyes or screen reader, depends on what the network said."""

import dataclasses
import json
import re

import numpy as np
import pypdfium2
import pytest
from PySide6.QtCore import QAbstractListModel, Qt, QTimer
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QFileDialog, QScrollArea, QWidget

from app.background.jobs import Job
from app.panels.report_dialog import ReportDialog
from app.session.open_image import ImageState
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.frames import Aspect, Frames
from bsnet_core.inference.prediction import LungsFound, ModelIdentity
from tests.app.predictions import SIDE, alignment, explanation, prediction
from tests.dicom_files import ramp, write_dicom

WITHIN_MS = 120_000
READERS = ("", "Dr. Rossi")
TEXT_ROLES = [role for role in Qt.ItemDataRole if role.name.endswith("Role")]
SPOKEN = (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value, QAccessible.Text.Help)
SHAPE = (400, 320)
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2} \S+")
"""When a report was made, which differs where a minute has passed."""


def said(score, confidence, angle_deg, version, quality=()):
    """A prediction in which everything differs from another: scores, lungs, pose, notes, model, time."""
    made = prediction(score, confidence, angle_deg, quality=quality)
    lungs = np.roll(made.lung_probability, round(angle_deg), axis=0)
    return dataclasses.replace(
        made,
        frames=Frames.fit(SHAPE, SIDE, Aspect.STRETCH).with_alignment(alignment(angle_deg)),
        lung_probability=lungs,
        aligned_lung_probability=lungs,
        aligned_image=np.roll(made.aligned_image, round(angle_deg), axis=0),
        model=ModelIdentity("bsnet-test", version, version * 64),
        device="cpu" if quality else "cuda",
        seconds={"total": angle_deg},
    )


ONE = said("012321", 0.9, 2.0, "1")
OTHER = said("333020", 0.35, 15.0, "2", quality=("Low confidence in zones A, B.",))
MAPS = {id(ONE): explanation({0: (0, 0, 1), 5: (1, 0, 1)}), id(OTHER): explanation({9: (0, 0, 3)})}


@pytest.fixture
def files(tmp_path):
    return [
        write_dicom(
            tmp_path / f"{number}.dcm", ramp(SHAPE[1], SHAPE[0]), bits=12, PatientID="P-1", PatientName="Test^One",
            StudyDate=f"2020010{number}", StudyInstanceUID=f"1.2.{number}", SOPInstanceUID=f"1.2.{number}.1",
        )
        for number in (1, 2)
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def no_blinking(qapp):
    """A blinking cursor would be a difference."""
    before = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)
    yield
    qapp.setCursorFlashTime(before)


@pytest.fixture
def start(qtbot, open_viewer, no_model, files):
    """Opens the window on two images of one patient; without weights, the test says what the network says."""

    def opened(reader, *, blind=True):
        viewer = open_viewer("--model", no_model, *files)
        viewer.session.reader, viewer.session.blind = reader, blind
        qtbot.waitUntil(lambda: len(viewer.session.images) == 2, timeout=WITHIN_MS)
        viewer.session.select(1)
        for image in list(viewer.session.images):
            viewer.loader.load(image.key)
        qtbot.waitUntil(lambda: all(image.is_loaded for image in viewer.session.images), timeout=WITHIN_MS)
        qtbot.waitUntil(lambda: viewer.session.current.state is ImageState.NOT_SCORED, timeout=WITHIN_MS)
        viewer.messages.hide()
        viewer.intended_use.hide()
        rest(qtbot, viewer)
        return viewer

    return opened


def rest(qtbot, viewer):
    """Until the lists have asked the library, it has answered, and what follows is drawn."""
    for _round in range(3):
        timers = [*viewer.images.findChildren(QTimer), *viewer.trend.findChildren(QTimer)]
        qtbot.waitUntil(lambda timers=timers: not any(timer.isActive() for timer in timers), timeout=WITHIN_MS)
        with qtbot.waitCallback(timeout=WITHIN_MS) as answered:
            viewer.keeper.ask(lambda library: None, answered)
        for queue in (viewer._queue, viewer._charts_queue):
            job = Job(lambda report: None, parent=viewer)
            with qtbot.waitSignal(job.ended, timeout=WITHIN_MS):
                queue.submit(job)
    qtbot.waitUntil(lambda: viewer.trend.isHidden() or viewer.trend.chart.is_drawn, timeout=WITHIN_MS)


def say(qtbot, viewer, result):
    """The network's whole way of saying something of both images, and its explanation."""
    for image in list(viewer.session.images):
        viewer.inference.lungs_found.emit(image.key, LungsFound(result.frames, result.lung_probability))
        viewer.session.accept_prediction(image.key, result)
        viewer.session.accept_explanation(image.key, MAPS[id(result)])
    viewer.keeper.changed.emit()
    rest(qtbot, viewer)
    viewer.view.setFocus()


def texts_of(widget):
    words = [widget.toolTip(), widget.statusTip(), widget.whatsThis(), widget.accessibleName(), widget.windowTitle()]
    words += [widget.accessibleDescription(), str(widget.isEnabled())]
    words += [value() for value in (getattr(widget, name, None) for name in ("text", "title")) if callable(value)]
    if isinstance(widget, QComboBox):
        words += [widget.itemText(place) for place in range(widget.count())]
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        model = widget.model()
        is_list = isinstance(model, QAbstractListModel)
        rows, columns = range(model.rowCount()), range(1 if is_list else model.columnCount())
        places = [model.index(row, column) for row in rows for column in columns]
        words += [str(place.data(role)) for place in places for role in TEXT_ROLES if isinstance(place.data(role), str)]
    spoken = QAccessible.queryAccessibleInterface(widget)
    if spoken is not None and spoken.isValid():
        words += [spoken.text(kind) for kind in SPOKEN]
    return [str(word) for word in words]


def everything(viewer):
    """All words of the window and of its other windows, by widget, and all that can be seen of them."""
    words = {}
    for number, widget in enumerate([viewer, *viewer.findChildren(QWidget)]):
        words[f"{number} {type(widget).__name__} {widget.accessibleName()}"] = texts_of(widget)
    for action in viewer.findChildren(QAction):
        state = (action.text(), action.toolTip(), action.statusTip(), action.isEnabled(), action.isChecked())
        words.setdefault(f"action {action.objectName()}", []).append(state)
    windows = [window for window in QApplication.topLevelWidgets() if window is viewer or viewer.isAncestorOf(window)]
    windows += [window for window in viewer.findChildren(QWidget) if window.isWindow()]
    seen = {
        f"{type(window).__name__} {window.windowTitle()}": window.grab().toImage()
        for window in windows
        if window.isVisible()
    }
    for number, scroll in enumerate(viewer.findChildren(QScrollArea)):
        if scroll.isVisible() and scroll.widget() is not None:
            seen[f"scrolled {number}"] = scroll.widget().grab().toImage()
    return words, seen


def differences(one, other):
    """The places that differ; empty if nothing does."""
    words = [name for name in one[0].keys() | other[0].keys() if one[0].get(name) != other[0].get(name)]
    return words + [name for name in one[1].keys() | other[1].keys() if one[1].get(name) != other[1].get(name)]


def what_tells_the_predictions_apart(qtbot, viewer):
    say(qtbot, viewer, OTHER)  # whatever depends on there being a prediction at all has its place
    shown = []
    for result in (ONE, OTHER):
        say(qtbot, viewer, result)
        shown.append(everything(viewer))
    return differences(*shown)


def enter(viewer, digits, key=1):
    for zone, digit in zip(ZONES, digits, strict=False):
        viewer.session.enter(key, zone, int(digit))


def begin(viewer):
    enter(viewer, "12")


def correct(viewer):
    enter(viewer, "123012")
    viewer.session.undo_stack.undo()
    viewer.session.clear_draft(1)
    viewer.session.undo_stack.undo()
    viewer.session.enter(1, Zone.A, 0)


def compare_with_prior(viewer):
    viewer.actions_by_name["compare_prior"].setChecked(True)


def switch_everything_on(viewer):
    for name in ("lungs", "lung_fill", "zones", "scores", "explanation"):
        viewer.actions_by_name[name].setChecked(True)
    viewer.own_reading.scoring.switch(True)


def open_windows(viewer):
    for name in ("statistics", "history", "tags"):
        viewer.actions_by_name[name].trigger()


@pytest.mark.parametrize("reader", READERS)
def test_nothing_in_the_window_tells_a_hidden_prediction_until_the_reading_is_saved(qtbot, start, reader):
    viewer = start(reader)
    for situation in (lambda window: None, begin, correct, switch_everything_on, compare_with_prior, open_windows):
        situation(viewer)
        assert what_tells_the_predictions_apart(qtbot, viewer) == []
        assert not viewer.scores.network_steps.isVisible()
        assert not viewer.actions_by_name["lungs"].isEnabled()
    qtbot.waitUntil(lambda: viewer.group.prior_shown, timeout=WITHIN_MS)
    enter(viewer, "123012")
    with qtbot.waitSignal(viewer.keeper.kept, timeout=WITHIN_MS):
        viewer.session.save_reading(1)
    assert viewer.session.image(1).readings[-1].blind
    told = what_tells_the_predictions_apart(qtbot, viewer)
    assert any("MainWindow" in place for place in told)
    assert any("Images of the library" in place for place in told)
    assert any("Global score over time" in place for place in told)
    assert viewer.actions_by_name["lungs"].isEnabled()


@pytest.mark.parametrize("reader", READERS)
def test_what_another_window_predicts_and_another_reader_saves_is_hidden_from_a_blind_one(qtbot, start, reader):
    blind, other = start(reader), start("Dr. Bianchi", blind=False)
    say(qtbot, other, ONE)
    enter(other, "333333")
    with qtbot.waitSignal(other.keeper.kept, timeout=WITHIN_MS):
        other.session.save_reading(1)
    open_windows(blind)
    shown = []
    for result in (OTHER, ONE, OTHER):
        say(qtbot, other, result)
        blind.keeper.changed.emit()
        blind.own_reading.show_statistics()
        rest(qtbot, blind)
        blind.view.setFocus()
        shown.append(everything(blind))
    assert differences(*shown[1:]) == []
    assert "1 reading of an image that you have not read is left out" in blind.own_reading.statistics.panel.summary_text


@pytest.mark.parametrize("reader", READERS)
def test_after_a_restart_nothing_tells_what_was_predicted_before(qtbot, start, reader):
    shown = []
    for result in (OTHER, ONE, OTHER):
        viewer = start(reader)
        begin(viewer)
        say(qtbot, viewer, result)
        viewer.close()
        again = start(reader)
        again.view.setFocus()
        rest(qtbot, again)
        shown.append(everything(again))
        again.close()
    assert differences(*shown[1:]) == []


def test_a_reading_is_not_blind_if_another_window_had_shown_the_prediction_to_the_same_reader(qtbot, start):
    blind, other = start("Dr. Rossi"), start("Dr. Rossi", blind=False)
    say(qtbot, blind, ONE)
    say(qtbot, other, ONE)
    enter(blind, "123012")
    with qtbot.waitSignal(blind.keeper.kept, timeout=WITHIN_MS):
        blind.session.save_reading(1)
    assert not blind.session.image(1).readings[-1].blind
    assert "not recorded as blind" in blind.messages.text


def report_words(qtbot, viewer, monkeypatch, path):
    viewer.actions_by_name["report"].trigger()
    dialog = viewer.findChildren(ReportDialog)[-1]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    buttons = {getattr(button, "text", str)(): button for button in dialog.findChildren(QWidget)}
    buttons["&Choose…"].click()
    with qtbot.waitSignal(dialog.accepted, timeout=WITHIN_MS):
        buttons["&Save report"].click()
    document = pypdfium2.PdfDocument(path)
    try:
        pages = list(document)
        words = [line for page in pages for line in page.get_textpage().get_text_range().splitlines()]
        return words, [page.render().to_numpy().tolist() for page in pages[:1]]
    finally:
        document.close()


@pytest.mark.parametrize("reader", READERS)
def test_no_file_that_leaves_the_window_tells_a_hidden_prediction(qtbot, start, monkeypatch, tmp_path, reader):
    viewer = start(reader)
    say(qtbot, viewer, ONE)
    saved = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *asked, **__: (str(tmp_path / f"{len(saved)}.x"), ""))
    for name in ("export_csv", "export_batch", "export_figure"):
        viewer.messages.hide()
        viewer.actions_by_name[name].trigger()
        qtbot.waitUntil(lambda: bool(viewer.messages.text), timeout=WITHIN_MS)
        assert "Saved" not in viewer.messages.text
    assert not list(tmp_path.glob("*.x*"))
    lines = tmp_path / "lines.jsonl"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(lines), ""))
    viewer.actions_by_name["export_library"].trigger()
    qtbot.waitUntil(lambda: "2 images that you are to read blind first" in viewer.messages.text, timeout=WITHIN_MS)
    assert {json.loads(line)["table"] for line in lines.read_text("utf-8").splitlines()} <= {"studies", "log"}
    viewer.messages.hide()
    views, reports = [], []
    for result in (OTHER, ONE, OTHER):
        say(qtbot, viewer, result)
        views.append(viewer.exports.shown_image())
    assert views[1] == views[2]
    for number, result in enumerate((ONE, OTHER)):
        say(qtbot, viewer, result)
        reports.append(report_words(qtbot, viewer, monkeypatch, tmp_path / f"{number}.pdf"))
    first, second = ([MOMENT.sub("", line) for line in lines] for lines, *_rest in reports)
    assert [line for line in first if line not in second] == []
    assert not any("bsnet-test" in line for line in reports[0][0])

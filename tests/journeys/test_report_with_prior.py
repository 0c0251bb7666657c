"""A radiologist writes the report of an image whose patient was here before, with the lungs filled or not."""

import pypdfium2
import pytest
from PySide6.QtWidgets import QFileDialog, QPushButton

from app.panels.report_dialog import ReportDialog
from app.report.content import ReportChoices, compose_report
from tests.app.predictions import IMAGE_SHAPE, prediction
from tests.app.report.images import MADE_AT
from tests.dicom_files import ramp, write_dicom
from tests.journeys.test_reading_story import wait_until_rested

BEFORE, NOW = 1, 0


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    """Two images of one patient, the later one on the screen; both are analysed."""
    images = [
        write_dicom(tmp_path / f"{day}.dcm", ramp(*IMAGE_SHAPE), bits=12, StudyDate=day, StudyTime="080000")
        for day in ("20200110", "20200101")
    ]
    made = open_viewer("--model", no_model, *images)
    qtbot.waitUntil(lambda: len(made.session.images) == 2 and all(image.is_loaded for image in made.session.images))
    qtbot.waitUntil(lambda: made.view.radiograph is not None and made.session.current.key == NOW)
    qtbot.waitUntil(lambda: not made.inference.is_busy)
    made.messages.hide()
    return made


def analyse(qtbot, viewer, now="012321", before="222222"):
    viewer.session.accept_prediction(BEFORE, prediction(before))
    viewer.session.accept_prediction(NOW, prediction(now))
    wait_until_rested(qtbot, viewer)


def written(qtbot, viewer, monkeypatch, path):
    """The words of the report that the window writes."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    viewer.actions_by_name["report"].trigger()
    dialog = viewer.findChildren(ReportDialog)[-1]
    buttons = {button.text(): button for button in dialog.findChildren(QPushButton)}
    buttons["&Choose…"].click()
    with qtbot.waitSignal(dialog.accepted):
        buttons["&Save report"].click()
    document = pypdfium2.PdfDocument(path)
    try:
        text = "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()
    return " ".join(text.split())


def test_the_report_states_what_has_changed_since_the_prior_zone_by_zone(qtbot, viewer, monkeypatch, tmp_path):
    viewer._settings.deidentifies = False
    analyse(qtbot, viewer)
    text = written(qtbot, viewer, monkeypatch, tmp_path / "report.pdf")
    assert "Prior image of 2020-01-01. Made 9 days before." in text
    assert "Prediction, prior image 2 2 2 2 2 2 12" in text
    assert "Prediction, change −2 −1 0 +1 0 −1 −3" in text
    assert "No technical problem was found with the image or its analysis." in text
    assert "Name Date Signature" in text


def test_a_de_identified_report_counts_the_days_since_the_prior_and_asks_for_no_signature(
    qtbot, viewer, monkeypatch, tmp_path
):
    viewer._settings.deidentifies = True
    analyse(qtbot, viewer)
    text = written(qtbot, viewer, monkeypatch, tmp_path / "report.pdf")
    assert "Made 9 days before." in text
    assert "Prediction, change −2 −1 0 +1 0 −1 −3" in text
    assert "2020" not in text
    assert "Signature" not in text


def test_a_blind_reader_s_report_has_nothing_of_the_prior_s_prediction(qtbot, viewer, monkeypatch, tmp_path):
    viewer.session.blind = True
    texts = []
    for number, before in enumerate(("222222", "301030")):
        analyse(qtbot, viewer, before=before)
        text = written(qtbot, viewer, monkeypatch, tmp_path / f"{number}.pdf")
        texts.append([word for word in text.split() if not word.startswith("20")])
    assert "Change since the prior image" not in " ".join(texts[0])
    assert len(texts[0]) == len(texts[1])
    assert sum(one != other for one, other in zip(*texts, strict=True)) <= 2  # the minute of writing


def test_the_lungs_are_filled_in_the_report_where_the_screen_fills_them(qtbot, viewer):
    analyse(qtbot, viewer)
    composed = []
    for shown in (False, True, False):
        viewer.actions_by_name["lung_fill"].setChecked(shown)
        composed.append(compose_report(viewer.exports.reported(), ReportChoices(), MADE_AT))
    assert composed[0].outlined == composed[2].outlined != composed[1].outlined
    assert composed[0].image == composed[1].image

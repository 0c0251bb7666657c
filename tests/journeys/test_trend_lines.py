"""The global score over time has a line for the predictions and one for each reader."""

import pytest

from bsnet_core.brixia import ZONES
from tests.app.predictions import prediction
from tests.dicom_files import ramp, write_dicom

ROSSI, BIANCHI = "Dr. Rossi", "Dr. Bianchi"


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    files = [
        write_dicom(
            tmp_path / f"{day}.dcm", ramp(300, 300 + day), bits=12, PatientID="P-1", PatientName="Test^One",
            StudyDate=f"2020010{day}", SOPInstanceUID=f"1.2.{day}",
        )
        for day in (1, 2, 3)
    ]  # fmt: skip
    made = open_viewer("--model", no_model, *files)
    qtbot.waitUntil(lambda: len(made.session.images) == 3)
    qtbot.waitUntil(lambda: all(image.is_loaded for image in made.session.images))
    return made


def read(qtbot, viewer, reader, key, digits):
    viewer.session.reader = reader
    for zone, digit in zip(ZONES, digits, strict=True):
        viewer.session.enter(key, zone, int(digit))
    with qtbot.waitSignal(viewer.keeper.kept):
        viewer.session.save_reading(key)


def test_predictions_and_each_reader_have_a_labelled_line_of_their_own(qtbot, viewer):
    for key, score in enumerate(("012321", "111111", "222222")):
        viewer.session.accept_prediction(key, prediction(score))
    read(qtbot, viewer, ROSSI, 0, "123012")
    read(qtbot, viewer, BIANCHI, 1, "333333")
    read(qtbot, viewer, ROSSI, 2, "000001")
    chart = viewer.trend.chart
    totals = [((ROSSI, 9),), ((BIANCHI, 18),), ((ROSSI, 1),)]
    qtbot.waitUntil(lambda: [image.read_totals for image in chart.images] == totals)
    assert [image.predicted for image in chart.images] == [9, 6, 12]
    assert chart.lines == ("predictions", ROSSI, BIANCHI)
    assert f"read 18 by {BIANCHI}" in chart.accessibleDescription()


def test_a_blind_reader_sees_no_other_reader_s_name_in_the_legend(qtbot, viewer):
    read(qtbot, viewer, BIANCHI, 0, "123012")
    read(qtbot, viewer, BIANCHI, 1, "333333")
    chart = viewer.trend.chart
    qtbot.waitUntil(lambda: BIANCHI in chart.lines)
    viewer.session.reader, viewer.session.blind = ROSSI, True
    qtbot.waitUntil(lambda: BIANCHI not in chart.lines)
    assert BIANCHI not in chart.accessibleDescription()
    read(qtbot, viewer, ROSSI, 0, "000000")
    qtbot.waitUntil(lambda: chart.lines == ("predictions", BIANCHI, ROSSI))  # the image that both have read
    assert [image.read_totals for image in chart.images] == [((BIANCHI, 9), (ROSSI, 0))]

"""A radiologist saves what is on the screen, and the film itself."""

import cv2
import numpy as np
import pydicom
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from tests.app.predictions import IMAGE_SHAPE, prediction
from tests.dicom_files import ramp, write_dicom

WITHIN_MS = 20_000


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    image = write_dicom(
        tmp_path / "film.dcm",
        ramp(*IMAGE_SHAPE),
        bits=12,
        PatientName="Rossi^Anna",
        PatientID="PAT-47110815",
        PhotometricInterpretation="MONOCHROME1",
    )
    made = open_viewer("--model", no_model, image)
    qtbot.waitUntil(lambda: made.session.current is not None and made.session.current.problem != "")
    made.session.accept_prediction(0, prediction("333333"))
    return made


@pytest.fixture
def save(qtbot, viewer, monkeypatch, tmp_path):
    """Lets an action write, under a name as the system's own dialog gives it back."""

    def made(action, name, kind=""):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / name), kind))
        viewer.messages.hide()
        viewer.actions_by_name[action].trigger()
        qtbot.waitUntil(viewer.messages.isVisible, timeout=WITHIN_MS)
        return tmp_path

    return made


def test_the_view_is_saved_as_jpeg_with_the_model_whose_result_it_shows(viewer, save):
    folder = save("export_picture", "view.jpg")
    data = (folder / "view.jpg").read_bytes()
    assert data.startswith(b"\xff\xd8\xff")
    assert QImage.fromData(data).text("Model") == "bsnet-test 1.2"
    assert b"Rossi" not in data
    viewer.actions_by_name["original_image"].trigger()
    for name in ("zones", "lungs", "explanation"):
        viewer.actions_by_name[name].setChecked(False)
    save("export_picture", "bare.jpg")
    assert "Model" not in QImage(str(folder / "bare.jpg")).textKeys()


def test_the_film_is_saved_whole_whatever_the_screen_shows(viewer, save):
    viewer.view.zoom(3.0)
    viewer.view.invert()
    folder = save("export_film", "film.png")
    saved = cv2.imread(str(folder / "film.png"), cv2.IMREAD_UNCHANGED)
    stored = viewer.view.radiograph.stored.astype(int)
    assert saved.dtype == np.uint16
    assert np.array_equal(saved, stored.max() + stored.min() - stored)
    data = (folder / "film.png").read_bytes()
    for word in (b"Rossi", b"47110815", b"bsnet-test"):
        assert word not in data


def test_a_file_that_the_dialog_did_not_ask_about_is_not_replaced(viewer, save):
    folder = save("export_picture", "view", "JPEG (*.jpg *.jpeg)")
    first = (folder / "view.jpg").read_bytes()
    assert first.startswith(b"\xff\xd8\xff")
    viewer.view.invert()
    save("export_picture", "view", "JPEG (*.jpg *.jpeg)")
    assert (folder / "view.jpg").read_bytes() == first
    assert "Choose another name" in viewer.messages.text


def test_results_are_exported_as_dicom_objects_and_neither_names_nor_log_tell_the_patient(
    qtbot, viewer, monkeypatch, tmp_path, caplog
):
    folder = tmp_path / "for the PACS"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(folder))
    viewer.messages.hide()
    viewer.actions_by_name["export_dicom"].trigger()
    qtbot.waitUntil(lambda: viewer.messages.text == f"Note: Saved: {folder}", timeout=WITHIN_MS)
    made = [pydicom.dcmread(file) for file in folder.iterdir()]
    assert sorted(instance.Modality for instance in made) == ["DOC", "OT", "PR", "SEG", "SEG", "SR"]
    assert {instance.PatientID for instance in made} == {"PAT-47110815"}
    assert all("Rossi" not in file.name and "4711" not in file.name for file in folder.iterdir())
    assert "Rossi" not in caplog.text

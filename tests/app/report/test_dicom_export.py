"""What the viewer exports as DICOM objects."""

from datetime import UTC, datetime

import pydicom
import pytest

from app.report.dicom_export import export_dicom
from app.report.paper import Paper
from bsnet_core.errors import ReportError
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import VoiWindow
from tests.app.report.images import reading, reported
from tests.bsnet_core.dicom_objects.made_objects import faults_of
from tests.dicom_files import ramp, write_dicom

NOW = datetime(2026, 3, 4, 16, 5, tzinfo=UTC)
WINDOW = VoiWindow(1000.0, 500.0)


@pytest.fixture
def path(tmp_path):
    return write_dicom(tmp_path / "image.dcm", ramp(400, 320))


def exported(path, folder, **more):
    image = reported(load_radiograph(path), voi=WINDOW, explanation=None, **more)
    assert export_dicom(image, path, folder, Paper.A4, NOW) == folder
    return [pydicom.dcmread(file) for file in sorted(folder.iterdir())]


def series_of(objects):
    return sorted(int(instance.SeriesNumber) for instance in objects)


def test_everything_that_is_known_is_exported_as_it_is_shown(path, tmp_path):
    objects = exported(path, tmp_path / "results", reading=reading())
    assert series_of(objects) == [9701, 9702, 9703, 9704, 9705, 9706, 9707]
    (state,) = [instance for instance in objects if instance.Modality == "PR"]
    assert float(state.SoftcopyVOILUTSequence[0].WindowCenter) == 1000
    for instance in objects:
        assert instance.PatientID == "T1"
        assert faults_of(instance, tmp_path) == []


def test_of_a_hidden_prediction_nothing_is_exported(path, tmp_path):
    objects = exported(path, tmp_path / "results", reading=reading(), prediction_is_hidden=True)
    assert series_of(objects) == [9702, 9707]
    for instance in objects:
        assert "bsnet-test" not in str(instance)
        assert "Image Region" not in str(instance)


def test_without_any_result_it_is_rejected_with_a_sentence(path, tmp_path):
    image = reported(load_radiograph(path), prediction_is_hidden=True, reading=None)
    with pytest.raises(ReportError, match="no result to export"):
        export_dicom(image, path, tmp_path / "results", Paper.A4, NOW)
    assert not (tmp_path / "results").exists()

"""Objects as files."""

import os
import stat

import pydicom
import pytest

from bsnet_core.dicom_objects.object_files import write_objects
from bsnet_core.dicom_objects.prediction_document import prediction_document
from bsnet_core.errors import ReportError
from tests.bsnet_core.dicom_objects.made_objects import NOW, original, predicted


@pytest.fixture
def document():
    image = original(PatientName="Secret^Name", PatientID="S-77")
    return prediction_document(image, predicted(image), (), NOW)


def test_a_file_is_named_by_the_object_and_nothing_of_the_patient(tmp_path, document):
    (path,) = write_objects([document], tmp_path / "new" / "folder")
    assert path.name == f"SR-{document.SOPInstanceUID}.dcm"
    assert "Secret" not in str(path)
    assert pydicom.dcmread(path).PatientID == "S-77"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no owner-only file modes")
def test_only_its_owner_can_open_it(tmp_path, document):
    (path,) = write_objects([document], tmp_path / "results")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_is_a_file_is_said_in_a_sentence(tmp_path, document):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(ReportError, match="could not be written"):
        write_objects([document], tmp_path / "results")


def test_all_or_nothing_of_a_set_is_written(tmp_path, document):
    with pytest.raises(ReportError):
        write_objects([document, document], tmp_path)  # of one name
    assert list(tmp_path.iterdir()) == []

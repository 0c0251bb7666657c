"""Objects about real files of many makers and in many letters, checked by programs that others wrote.

The headers are those of pydicom's own test files and of pydicom-data, re-headed as projection radiographs.
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID, generate_uid

from bsnet_core.brixia import BrixiaScore
from bsnet_core.dicom_objects.lung_segmentation import lung_probability, lung_segmentation
from bsnet_core.dicom_objects.object_files import as_bytes
from bsnet_core.dicom_objects.original_image import original_image_from
from bsnet_core.dicom_objects.prediction_document import prediction_document
from bsnet_core.dicom_objects.presentation_state import presentation_state
from bsnet_core.dicom_objects.reading_document import ReadByPerson, reading_document
from bsnet_core.dicom_objects.secondary_capture import secondary_capture
from bsnet_core.loading.dicom_file import load_header
from bsnet_core.radiograph import Radiograph, VoiWindow
from tests.bsnet_core.dicom_objects.made_objects import NOW, faults_of, loaded, predicted
from tests.dicom_files import CR, DX

FOLDERS = ("data/test_files", "data/charset_files")
ROWS, COLUMNS = 120, 96
WINDOW = VoiWindow(2048.0, 4096.0)


def real_files() -> list[Path]:
    own = Path(pydicom.__file__).parent
    found = [file for folder in FOLDERS for file in sorted((own / folder).glob("*.dcm"))]
    try:
        import data_store
    except ImportError:
        return found
    return found + sorted((Path(data_store.__file__).parent / "data").glob("*.dcm"))


def reheaded(path):
    """The file's header as that of a radiograph; None where it has no study, or is one of a broken kind."""
    try:
        header = load_header(path)
        if not header.get("StudyInstanceUID") or not header.get("PatientName"):
            return None
    except Exception:  # noqa: BLE001 - files made to fail
        return None
    is_dx = len(path.name) % 2 == 0
    header.SOPClassUID, header.Modality = (DX, "DX") if is_dx else (CR, "CR")
    header.SOPInstanceUID = header.get("SOPInstanceUID") or generate_uid()
    header.SeriesInstanceUID = header.get("SeriesInstanceUID") or generate_uid()
    header.Rows, header.Columns, header.SamplesPerPixel = ROWS, COLUMNS, 1
    header.PhotometricInterpretation, header.PatientOrientation = "MONOCHROME2", ["L", "F"]
    for keyword in ("NumberOfFrames", "PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        if keyword in header:
            delattr(header, keyword)
    return header


def objects_about(header):
    image = original_image_from(header)
    result = predicted(image, quality=("The image is small (3 × 4 pixels).",))
    radiograph = Radiograph(np.zeros((ROWS, COLUMNS), np.uint16), 0, 12, monochrome1=False)
    reading = ReadByPerson("Čapek^Ján", BrixiaScore.from_text("012321"), NOW, True)
    return image, (
        prediction_document(image, result, (), NOW),
        reading_document(image, reading, result.frames, NOW),
        lung_segmentation(image, result, NOW),
        lung_probability(image, result, NOW),
        presentation_state(image, radiograph, result, WINDOW, NOW),
        secondary_capture(image, radiograph, result, WINDOW, NOW),
    )


HEADERS = {path.stem: header for path in real_files() if (header := reheaded(path)) is not None}


def test_there_are_enough_of_them():
    assert len(HEADERS) >= 30


@pytest.mark.parametrize("name", list(HEADERS))
def test_patient_and_study_are_those_of_the_image_and_dciodvfy_finds_no_error(name, tmp_path):
    header = HEADERS[name]
    _image, made = objects_about(header)
    for instance in map(loaded, made):
        assert str(instance.PatientName) == str(header.PatientName).rstrip("\0 ")
        assert str(instance.PatientID or "") == str(header.get("PatientID") or "").strip("\0 ")
        assert instance.StudyInstanceUID == header.StudyInstanceUID
        assert instance.SeriesInstanceUID != header.SeriesInstanceUID
        # A reference repeats the UIDs of the image, also those that no one should have given to it.
        repeated = [header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID]
        summed_up = () if all(UID(uid).is_valid for uid in repeated) else ("invalid data values",)
        excused = (*repeated, *summed_up)
        found = [fault for fault in faults_of(instance, tmp_path) if not any(text in fault for text in excused)]
        assert found == [], instance.SOPClassUID.name


@pytest.mark.parametrize("name", [name for name in HEADERS if name.startswith("chr")])
@pytest.mark.parametrize("tool", ["dcmdump", "dsrdump"])
def test_dcmtk_opens_a_document_in_any_letters(name, tool, tmp_path):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} of dcmtk is not installed")
    _image, made = objects_about(HEADERS[name])
    file = tmp_path / "document.dcm"
    file.write_bytes(as_bytes(made[0]))
    found = subprocess.run([tool, file], capture_output=True, check=False)
    assert found.returncode == 0
    assert b"Brixia global score" in found.stdout

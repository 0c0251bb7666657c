"""A report in PDF as a DICOM object."""

import shutil
import subprocess

import pytest

from bsnet_core.dicom_objects.encapsulated_report import encapsulated_report
from bsnet_core.dicom_objects.object_files import as_bytes
from bsnet_core.errors import ReportError
from tests.bsnet_core.dicom_objects.made_objects import NOW, faults_of, loaded, original

PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF"


@pytest.mark.parametrize("pdf", [PDF, PDF + b"\n"], ids=["odd", "even"])
def test_the_pdf_comes_out_as_it_went_in(pdf):
    instance = loaded(encapsulated_report(original(), pdf, NOW))
    assert instance.EncapsulatedDocument[: instance.EncapsulatedDocumentLength] == pdf
    assert instance.MIMETypeOfEncapsulatedDocument == "application/pdf"


def test_it_belongs_to_the_study_and_names_the_image_as_its_source():
    image = original(TimezoneOffsetFromUTC="+0100")
    instance = loaded(encapsulated_report(image, PDF, NOW))
    assert (instance.StudyInstanceUID, instance.PatientID) == (image.header.StudyInstanceUID, "T1")
    assert instance.SourceInstanceSequence[0].ReferencedSOPInstanceUID == image.header.SOPInstanceUID
    assert instance.ContentTime.startswith("233015")


def test_another_file_is_rejected_with_a_sentence():
    with pytest.raises(ReportError, match="not a PDF"):
        encapsulated_report(original(), b"\xff\xd8\xff", NOW)


def test_dciodvfy_finds_no_error(tmp_path):
    assert faults_of(encapsulated_report(original(), PDF, NOW), tmp_path) == []


def test_dcmtk_takes_the_pdf_out(tmp_path):
    if shutil.which("dcm2pdf") is None:
        pytest.skip("dcm2pdf of dcmtk is not installed")
    (tmp_path / "report.dcm").write_bytes(as_bytes(encapsulated_report(original(), PDF, NOW)))
    subprocess.run(["dcm2pdf", tmp_path / "report.dcm", tmp_path / "report.pdf"], check=True, capture_output=True)
    assert (tmp_path / "report.pdf").read_bytes().rstrip(b"\0") == PDF

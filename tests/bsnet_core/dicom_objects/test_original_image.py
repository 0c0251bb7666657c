"""What objects copy from the image they are about."""

from datetime import timedelta

import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from bsnet_core.dicom_objects.original_image import original_image_from, original_image_of
from bsnet_core.dicom_objects.shared_attributes import EMPTY_IF_UNKNOWN
from bsnet_core.errors import ReportError, UnreadableImageError
from tests.bsnet_core.dicom_objects.made_objects import NOW, original
from tests.dicom_files import chest_dataset, ramp, write_dicom


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_an_image_that_did_not_come_as_dicom_is_rejected_with_a_sentence(tmp_path, kind):
    path = tmp_path / "radiograph.dcm"
    Image.new("L", (20, 20)).save(path, kind)
    with pytest.raises(ReportError, match="did not come as DICOM"):
        original_image_of(path)


def test_a_file_that_has_gone_is_rejected_with_a_sentence(tmp_path):
    with pytest.raises(UnreadableImageError):
        original_image_of(tmp_path / "gone.dcm")


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "SOPInstanceUID"])
def test_an_image_that_cannot_be_referred_to_is_rejected_with_a_sentence(keyword):
    header = chest_dataset(ramp(), None)
    setattr(header, keyword, "")
    with pytest.raises(ReportError, match="identifiers"):
        original_image_from(header)


def test_patient_and_study_are_copied_and_nothing_else_of_the_series(tmp_path):
    path = write_dicom(
        tmp_path / "image.dcm",
        ramp(),
        PatientName="Yamada^Tarou",
        PatientAge="061Y",
        StudyDescription="Chest",
        AccessionNumber="A7",
        ProtocolName="Chest PA",
        SeriesDescription="PA",
    )
    header = original_image_of(path).header
    assert str(header.PatientName) == "Yamada^Tarou"
    assert (header.PatientAge, header.StudyDescription, header.AccessionNumber) == ("061Y", "Chest", "A7")
    assert "ProtocolName" not in header
    assert "SeriesDescription" not in header
    assert "PixelData" not in header


def test_what_has_to_be_there_is_there_if_empty():
    header = original(StudyDate=None).header
    assert all(keyword in header for keyword in EMPTY_IF_UNKNOWN)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientSex", "male"),
        ("PatientAge", "61"),
        ("PatientBirthDate", "about 1950"),
        ("StudyTime", "noon"),
        ("StudyDescription", "x" * 65),
        ("SmokingStatus", "seldom"),
        ("PatientWeight", "heavy"),
    ],
)
def test_a_value_that_the_standard_forbids_is_not_repeated(keyword, value):
    header = Dataset()
    with_fault = chest_dataset(ramp(), None)
    header.update(with_fault)
    header.add_new(keyword, with_fault_vr(keyword), None)
    header[keyword]._value = value
    assert not original_image_from(header).header.get(keyword)


def with_fault_vr(keyword):
    from pydicom.datadict import dictionary_VR

    return dictionary_VR(keyword)


def test_a_name_and_an_id_are_repeated_right_or_wrong():
    header = chest_dataset(ramp(), None)
    header.PatientID = "7" * 70
    assert original_image_from(header).header.PatientID == "7" * 70


def test_dates_and_times_of_old_files_are_written_as_today():
    header = chest_dataset(ramp(), None)
    header["StudyDate"]._value = "2020.01.31"
    header.add_new("StudyTime", "TM", None)
    header["StudyTime"]._value = "10:11:12"
    copied = original_image_from(header).header
    assert (copied.StudyDate, copied.StudyTime) == ("20200131", "101112")


def test_a_sequence_with_a_fault_is_left_out_and_a_sound_one_kept():
    issuer, odd = Dataset(), Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = "1.2.3", "ISO"
    odd.add_new("CodeValue", "SH", None)
    odd["CodeValue"]._value = "x" * 40
    header = chest_dataset(ramp(), None)
    header.IssuerOfPatientIDQualifiersSequence = Sequence([issuer])
    header.ProcedureCodeSequence = Sequence([odd])
    copied = original_image_from(header).header
    assert copied.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == "1.2.3"
    assert "ProcedureCodeSequence" not in copied


def test_a_moment_is_told_in_the_time_zone_that_the_file_states():
    image = original(TimezoneOffsetFromUTC="+0530")
    assert image.local(NOW).strftime("%Y%m%d%H%M%S%z") == "20260302040015+0530"
    assert image.offset is not None
    assert image.offset.utcoffset(None) == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("stated", ["", "0530", "+9999", "+05:30", "UTC"])
def test_a_time_zone_that_does_not_exist_counts_as_none(stated):
    header = chest_dataset(ramp(), None)
    header.add_new("TimezoneOffsetFromUTC", "SH", stated)
    assert original_image_from(header).offset is None


def test_an_image_in_unicode_leaves_the_one_that_it_was_made_of_as_it_is():
    image = original(SpecificCharacterSet="ISO_IR 100")
    assert image.able_to_write("Čapek").repertoire.terms == ("ISO_IR 192",)
    assert image.repertoire.terms == ("ISO_IR 100",)


def test_what_means_something_only_with_something_else_is_left_out_without_it():
    header = original(PatientIdentityRemoved="YES", PixelSpacing=[0, 0]).header
    assert "PatientIdentityRemoved" not in header
    assert "PixelSpacing" not in header
    header = original(PatientIdentityRemoved="YES", DeidentificationMethod="by hand", PixelSpacing=[0.1, 0.2]).header
    assert header.PatientIdentityRemoved == "YES"
    assert list(header.PixelSpacing) == [0.1, 0.2]

"""Names in the character set that was certainly meant."""

import numpy as np
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from bsnet_core.loading import load_metadata, load_radiograph
from tests.dicom_files import chest_dataset, ramp

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


def file_with(path, declared, name, description=b"Thorax", syntax=ExplicitVRLittleEndian):
    dataset = chest_dataset(ramp(), 12, SpecificCharacterSet=declared, PatientName="N" * 12, StudyDescription="D" * 24)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, enforce_file_format=True, implicit_vr=syntax.is_implicit_VR, little_endian=True)
    content = path.read_bytes()
    assert content.count(b"N" * 12) == content.count(b"D" * 24) == 1
    path.write_bytes(content.replace(b"N" * 12, name.ljust(12)).replace(b"D" * 24, description.ljust(24)))
    return path


@pytest.mark.parametrize("declared", [None, "", "ISO_IR 6", "ISO_IR 987", "UTF-8", "ISO_IR_192"])
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_utf8_without_a_character_set(tmp_path, declared, syntax):
    path = file_with(tmp_path / "a", declared, "Müller^Zoë".encode(), "Thorax à 2 m".encode(), syntax)
    metadata = load_metadata(path)
    assert metadata.patient_name == "Müller^Zoë"
    assert metadata.study_description == "Thorax à 2 m"
    assert np.array_equal(load_radiograph(path).stored, ramp())


def test_japanese_in_utf8_without_a_character_set(tmp_path):
    assert load_metadata(file_with(tmp_path / "a", None, "山田^太".encode())).patient_name.startswith("山田^")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("山田".encode("iso2022_jp"), "山田"),
        (b"\x1b$)C\xb1\xe8", "김"),
        (b"\x1b-L\xb4\xd8\xd4", "Дид"),
    ],
)
def test_escape_sequences_name_their_character_set(tmp_path, name, meant):
    assert load_metadata(file_with(tmp_path / "a", None, name)).patient_name == meant


def test_latin_letters_without_a_character_set_stay_latin(tmp_path):
    path = file_with(tmp_path / "a", None, "Müller^Zoë".encode("latin-1"))
    assert load_metadata(path).patient_name == "Müller^Zoë"


def test_texts_of_which_one_is_not_utf8_stay_as_they_are(tmp_path):
    path = file_with(tmp_path / "a", None, "Müller".encode(), "Köln".encode("latin-1"))
    assert load_metadata(path).study_description == "Köln"


def test_a_declared_character_set_counts(tmp_path):
    path = file_with(tmp_path / "a", "ISO_IR 100", "Müller".encode("latin-1"))
    assert load_metadata(path).patient_name == "Müller"
    path = file_with(tmp_path / "b", "ISO_IR 144", "Иванов".encode("iso8859-5"))
    assert load_metadata(path).patient_name == "Иванов"

import contextlib

import pytest
from PIL import Image
from pydicom.tag import Tag
from pydicom.uid import ImplicitVRLittleEndian

from bsnet_core.errors import Cancelled, UnreadableImageError
from bsnet_core.loading.dicom_tags import DEFERRED_BYTES, LONGEST_VALUE, Identity, identity_of, load_tags
from bsnet_core.progress import no_report
from tests.dicom_files import chest_dataset, ramp
from tests.tagged_dicom import write_tagged_dicom


@pytest.fixture
def image(tmp_path):
    return write_tagged_dicom(tmp_path / "film.dcm")


def of(tags, keyword):
    (entry,) = [entry for entry in tags.entries if entry.keyword == keyword]
    return entry


def test_every_tag_of_the_file_and_of_its_meta_information_is_listed_and_pixels_are_not(image):
    tags = load_tags(image, no_report)
    assert of(tags, "TransferSyntaxUID").tag == "(0002,0010)"
    assert of(tags, "PatientName").value == "Test^Patient"
    assert of(tags, "PatientOrientation").value == "L\\F"
    assert of(tags, "Rows").value == "64"
    assert "PixelData" not in {entry.keyword for entry in tags.entries}


def test_sequences_lie_below_their_items(image):
    tags = load_tags(image, no_report)
    inner = tags.entries.index(
        next(entry for entry in tags.entries if entry.keyword == "CodeMeaning" and entry.value == "inner")
    )
    path = []
    while inner >= 0:
        path.append(tags.entries[inner].keyword or tags.entries[inner].name)
        inner = tags.entries[inner].parent
    assert path == ["CodeMeaning", "Item 1", "ViewModifierCodeSequence", "Item 1", "ViewCodeSequence"]
    assert of(tags, "ViewCodeSequence").value == "1 item"


def test_long_values_are_cut_control_characters_go_and_binary_ones_are_only_counted(image):
    tags = load_tags(image, no_report)
    comment = of(tags, "ImageComments").value
    assert comment.startswith("first line second  line x")
    assert comment.endswith("x…")
    assert len(comment) == LONGEST_VALUE + 1
    assert of(tags, "ICCProfile").value == "300 bytes"


def test_private_tags_are_marked_as_such(image):
    private = {entry.tag: entry for entry in load_tags(image, no_report).entries if entry.is_private}
    assert private["(0019,0010)"].value == "SOME MAKER"
    assert private["(0019,1001)"].value == "private text"
    assert private["(0019,1002)"].value == f"{DEFERRED_BYTES + 10} bytes"
    assert all(entry.identity is Identity.POSSIBLE for entry in private.values())


def test_implicit_files_are_read_as_well(tmp_path):
    dataset = chest_dataset(ramp(64, 48), bits=12)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(tmp_path / "implicit.dcm", enforce_file_format=True)
    tags = load_tags(tmp_path / "implicit.dcm", no_report)
    assert (of(tags, "PatientName").vr, of(tags, "PatientName").value) == ("PN", "Test^Patient")
    assert (of(tags, "Rows").vr, of(tags, "Rows").value) == ("US", "64")


CERTAIN = [
    ("PatientName", "PN"), ("PatientID", "LO"), ("PatientBirthDate", "DA"), ("AccessionNumber", "SH"),
    ("ReferringPhysicianName", "PN"), ("OperatorsName", "PN"), ("InstitutionName", "LO"), ("StudyInstanceUID", "UI"),
    ("SOPInstanceUID", "UI"), ("DeviceSerialNumber", "LO"), ("OtherPatientIDs", "LO"),
]  # fmt: skip


POSSIBLE = [
    ("PatientSex", "CS"), ("PatientAge", "AS"), ("StudyDate", "DA"), ("AcquisitionDateTime", "DT"),
    ("ImageComments", "LT"), ("StudyDescription", "LO"), ("ProtocolName", "LO"), ("PlateID", "LO"),
    ("RequestAttributesSequence", "SQ"), ("SourceImageSequence", "SQ"), ("ReferencedStudySequence", "SQ"),
    ("TimezoneOffsetFromUTC", "SH"), ("OriginalAttributesSequence", "SQ"), ("PerformedProcedureStepID", "SH"),
]  # fmt: skip


HARMLESS = [
    ("Modality", "CS"), ("Rows", "US"), ("SOPClassUID", "UI"), ("TransferSyntaxUID", "UI"), ("WindowCenter", "DS"),
    ("ViewPosition", "CS"), ("BurnedInAnnotation", "CS"), ("Manufacturer", "LO"), ("KVP", "DS"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("identity", "tags"),
    [(Identity.CERTAIN, CERTAIN), (Identity.POSSIBLE, POSSIBLE), (Identity.NONE, HARMLESS)],
)
def test_what_names_somebody_is_told_from_what_may_and_what_does_not(identity, tags):
    assert {keyword: identity_of(Tag(keyword), vr, keyword) for keyword, vr in tags} == dict.fromkeys(
        dict(tags), identity
    )


def test_a_picture_is_said_to_have_no_tags(tmp_path):
    path = tmp_path / "film.png"
    Image.new("L", (20, 20)).save(path)
    tags = load_tags(path, no_report)
    assert tags.entries == ()
    assert tags.note == "This is not a DICOM file, so it has no tags."


def test_a_cut_off_file_shows_what_can_be_read_or_is_refused(image, tmp_path):
    whole = image.read_bytes()
    for length in range(132, len(whole), 997):
        cut = tmp_path / "cut.dcm"
        cut.write_bytes(whole[:length])
        with contextlib.suppress(UnreadableImageError):
            assert load_tags(cut, no_report).entries


def test_a_long_value_that_does_not_fit_its_vr_is_malformed_and_the_others_are_listed(image):
    comment = b"\x20\x00\x00\x40LT"
    content = image.read_bytes()
    assert content.count(comment) == 1
    length = int.from_bytes(content[content.index(comment) + 6 :][:2], "little")
    size = DEFERRED_BYTES + 3
    long = b"SV\0\0" + size.to_bytes(4, "little") + bytes(size)
    start = content.index(comment)
    image.write_bytes(content[:start] + comment[:4] + long + content[start + 8 + length :])
    tags = load_tags(image, no_report)
    assert of(tags, "ImageComments").value == "malformed value"
    assert of(tags, "PatientName").value == "Test^Patient"


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(UnreadableImageError, match="no longer exists"):
        load_tags(tmp_path / "gone.dcm", no_report)


def test_reading_stops_when_it_is_cancelled(image):
    def stop(stage, fraction):
        if fraction > 0.2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        load_tags(image, stop)

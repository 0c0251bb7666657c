"""Malformed data sets give the image that they hold."""

import numpy as np
import pytest

from bsnet_core.errors import BSNetError
from bsnet_core.loading import load_metadata, load_radiograph
from bsnet_core.loading.data_set_repair import repaired_file
from tests.dicom_files import ramp
from tests.raw_elements import (
    BIG,
    EXPLICIT,
    IMPLICIT,
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    Writer,
    file_meta,
    identity,
    image_tags,
    patient,
    pixel_bytes,
    pixels,
    with_preamble,
)

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")

SYNTAXES = pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])


def reference(writer, *, item_end=True, sequence_end=True, items=1):
    """Referenced Image Sequence of undefined length, with or without its delimiters."""
    inside = writer.text(0x00081150, "UI", "1.2.840.10008.5.1.4.1.1.1") + writer.text(0x00081155, "UI", "1.2.3.4")
    item = writer.delimiter(ITEM, UNDEFINED) + inside + (writer.delimiter(ITEM_END) if item_end else b"")
    start = writer.element(0x00081140, "SQ", b"", UNDEFINED)
    return start + item * items + (writer.delimiter(SEQUENCE_END) if sequence_end else b"")


def loaded(folder, content):
    (folder / "a.dcm").write_bytes(content)
    radiograph = load_radiograph(folder / "a.dcm")
    assert load_metadata(folder / "a.dcm").patient_name == radiograph.metadata.patient_name
    return radiograph


def assert_whole(radiograph):
    assert np.array_equal(radiograph.stored, ramp())
    assert radiograph.metadata.patient_name == "Test^Patient"
    assert radiograph.metadata.body_part == "CHEST"


@SYNTAXES
@pytest.mark.parametrize("items", [0, 1, 3])
@pytest.mark.parametrize(("item_end", "sequence_end"), [(True, True), (False, True), (True, False), (False, False)])
def test_delimiters_of_items_and_sequences_may_be_missing(tmp_path, syntax, items, item_end, sequence_end):
    writer = Writer(syntax)
    sequence = reference(writer, item_end=item_end, sequence_end=sequence_end, items=items)
    body = identity(writer) + sequence + patient(writer) + image_tags(writer) + pixels(writer)
    assert_whole(loaded(tmp_path, with_preamble(file_meta(syntax) + body)))


@SYNTAXES
def test_a_sequence_longer_than_the_file_ends_with_its_items(tmp_path, syntax):
    writer = Writer(syntax)
    inside = writer.text(0x00081150, "UI", "1.2.840.10008.5.1.4.1.1.1")
    item = writer.element(ITEM, "", inside)
    sequence = writer.element(0x00081140, "SQ", item, 10**8)
    body = identity(writer) + sequence + patient(writer) + image_tags(writer) + pixels(writer)
    assert_whole(loaded(tmp_path, with_preamble(file_meta(syntax) + body)))


@SYNTAXES
@pytest.mark.parametrize("ends", [True, False])
def test_uncompressed_pixels_of_undefined_length(tmp_path, syntax, ends):
    writer = Writer(syntax)
    data = writer.element(0x7FE00010, "OW", pixel_bytes(writer), UNDEFINED)
    data += writer.delimiter(SEQUENCE_END) if ends else b""
    body = identity(writer) + patient(writer) + image_tags(writer) + data
    assert_whole(loaded(tmp_path, with_preamble(file_meta(syntax) + body)))


@SYNTAXES
@pytest.mark.parametrize(
    "garbage",
    [
        bytes(2),
        bytes(5000),
        b"\xff" * 99,
        b"\x28\x00\x10\x00US\x02\x00\x07",
        b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xffrubbish!",
    ],
)
def test_garbage_behind_the_pixels_does_no_harm(tmp_path, syntax, garbage):
    writer = Writer(syntax)
    body = identity(writer) + patient(writer) + image_tags(writer) + pixels(writer)
    assert_whole(loaded(tmp_path, with_preamble(file_meta(syntax) + body + garbage)))


@SYNTAXES
def test_a_value_of_odd_length_with_and_without_its_padding(tmp_path, syntax):
    writer = Writer(syntax)
    for odd in (writer.element(0x00081030, "LO", b"Thorax!"), writer.element(0x00081030, "LO", b"Thorax! ", 7)):
        body = identity(writer) + odd + patient(writer) + image_tags(writer) + pixels(writer)
        radiograph = loaded(tmp_path, with_preamble(file_meta(syntax) + body))
        assert_whole(radiograph)
        assert radiograph.metadata.study_description == "Thorax!"


def test_a_stray_delimiter_is_left_out(tmp_path):
    writer = Writer()
    for stray in (ITEM_END, SEQUENCE_END):
        body = identity(writer) + writer.delimiter(stray) + patient(writer) + image_tags(writer) + pixels(writer)
        assert_whole(loaded(tmp_path, with_preamble(file_meta() + body)))


@SYNTAXES
@pytest.mark.parametrize("preamble", [True, False])
def test_the_first_of_two_file_meta_informations_counts(tmp_path, syntax, preamble):
    writer = Writer(syntax)
    for second in (EXPLICIT, IMPLICIT, BIG, "1.2.840.10008.1.2.4.90"):
        body = identity(writer) + patient(writer) + image_tags(writer) + pixels(writer)
        content = file_meta(syntax) + file_meta(second) + body
        radiograph = loaded(tmp_path, with_preamble(content) if preamble else content)
        assert_whole(radiograph)
        assert radiograph.metadata.transfer_syntax == syntax


@SYNTAXES
@pytest.mark.parametrize("length", [0, 20, 60, 5000, 0xFFFFFFF0])
def test_a_wrong_length_of_the_file_meta_information(tmp_path, syntax, length):
    writer = Writer(syntax)
    body = identity(writer) + patient(writer) + image_tags(writer) + pixels(writer)
    assert_whole(loaded(tmp_path, with_preamble(file_meta(syntax, length=length) + body)))


@pytest.mark.parametrize(("said", "real"), [(EXPLICIT, IMPLICIT), (IMPLICIT, EXPLICIT)])
def test_explicit_and_implicit_vr_taken_for_each_other(tmp_path, said, real):
    writer = Writer(real)
    body = identity(writer) + patient(writer) + image_tags(writer) + pixels(writer)
    (tmp_path / "a.dcm").write_bytes(with_preamble(file_meta(said) + body))
    assert_whole(load_radiograph(tmp_path / "a.dcm"))
    assert np.array_equal(load_radiograph(tmp_path / "a.dcm", sampled_px=40).stored, ramp()[::4, ::4])


def test_single_implicit_elements_and_sequences_in_an_explicit_file(tmp_path):
    explicit, implicit = Writer(EXPLICIT), Writer(IMPLICIT)
    body = identity(explicit) + reference(implicit) + patient(implicit) + image_tags(explicit) + pixels(explicit)
    assert_whole(loaded(tmp_path, with_preamble(file_meta() + body)))


def test_pixels_in_implicit_vr_in_an_explicit_file(tmp_path):
    explicit, implicit = Writer(EXPLICIT), Writer(IMPLICIT)
    body = identity(explicit) + patient(explicit) + image_tags(explicit) + pixels(implicit)
    assert_whole(loaded(tmp_path, with_preamble(file_meta() + body)))
    assert np.array_equal(load_radiograph(tmp_path / "a.dcm", sampled_px=40).stored, ramp()[::4, ::4])


@SYNTAXES
def test_an_icon_image_inside_a_sequence_is_not_taken_for_the_image(tmp_path, syntax):
    writer = Writer(syntax)
    icon = writer.shorts(0x00280010, 8) + writer.shorts(0x00280011, 8)
    icon += writer.element(0x7FE00010, "OW", bytes(64))
    item = writer.delimiter(ITEM, UNDEFINED) + icon + writer.delimiter(ITEM_END)
    sequence = writer.element(0x00880200, "SQ", b"", UNDEFINED) + item  # without its delimiter
    body = identity(writer) + patient(writer) + image_tags(writer) + sequence + pixels(writer)
    assert_whole(loaded(tmp_path, with_preamble(file_meta(syntax) + body)))


def test_sequences_without_end_and_bottom_are_an_error():
    writer = Writer()
    deep = (writer.element(0x00081140, "SQ", b"", UNDEFINED) + writer.delimiter(ITEM, UNDEFINED)) * 200
    with pytest.raises(ValueError, match="deeply"):
        repaired_file(with_preamble(file_meta() + identity(writer) + deep))


@SYNTAXES
def test_a_file_cut_anywhere_is_said_to_be_cut_off_and_never_loaded(tmp_path, syntax):
    writer = Writer(syntax)
    head = identity(writer) + reference(writer) + patient(writer) + image_tags(writer)
    content = with_preamble(file_meta(syntax) + head + pixels(writer))
    path, start = tmp_path / "a.dcm", content.index(identity(writer))
    for end in range(start + 30, start + len(head) + 5000, 61):
        path.write_bytes(content[:end])
        with pytest.raises(BSNetError) as error:
            load_radiograph(path)
        assert "cut off" in str(error.value) or "holds no image" in str(error.value), end

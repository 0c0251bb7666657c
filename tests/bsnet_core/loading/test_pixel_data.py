"""The Pixel Data element shows whether its pixels are compressed, and all its fragments are the one frame."""

import struct

import numpy as np
import pytest
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless

from bsnet_core.loading import load_radiograph
from bsnet_core.loading.codestream import Coding
from bsnet_core.loading.pixel_data import frame_in, pixel_data_of
from tests.dicom_files import chest_dataset, ramp, write_dicom, write_encapsulated

imagecodecs = pytest.importorskip("imagecodecs")
PIXELS = ramp(bits=12)
NEEDED = PIXELS.nbytes
FRAME = imagecodecs.jpeg2k_encode(PIXELS, reversible=True, level=0, codecformat="j2k", bitspersample=12)
ITEM, END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"


def item(content):
    return ITEM + struct.pack("<L", len(content)) + content


def offsets(*numbers):
    return item(struct.pack(f"<{len(numbers)}L", *numbers))


def write_value(path, value, syntax=JPEG2000Lossless, *, length=0xFFFFFFFF, **tags):
    """Pixel Data with exactly these bytes as its value."""
    dataset = chest_dataset(PIXELS, 12, **tags)
    dataset.PixelData = b"PLACE FOR PIXELS"
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    stated = str(syntax).encode() + b"\0" * (len(syntax) % 2)
    old = ExplicitVRLittleEndian.encode() + b"\0"
    content = path.read_bytes().replace(struct.pack("<H", len(old)) + old, struct.pack("<H", len(stated)) + stated, 1)
    place = content.index(b"\xe0\x7f\x10\x00OB")
    content = content[:place] + b"\xe0\x7f\x10\x00OB\0\0" + struct.pack("<L", length) + value
    # The length of the File Meta Information changes with the UID.
    (group_length,) = struct.unpack_from("<L", content, 140)
    path.write_bytes(content[:140] + struct.pack("<L", group_length + len(stated) - len(old)) + content[144:])
    return path


def two_fragments():
    half = len(FRAME) // 4 * 2
    return [FRAME[:half], FRAME[half:] + b"\0" * (len(FRAME) % 2)]


FIRST, SECOND = two_fragments()


@pytest.mark.parametrize(
    "table",
    [
        *(offsets(), offsets(0), offsets(0, 8 + len(FIRST)), offsets(0, 4), offsets(8), offsets(2**31, 7, 7)),
        *(item(b"\0\0\0"), item(struct.pack("<L", 0) + b"\0\0")),
    ],
    ids=["empty", "one", "per fragment", "inside", "not at 0", "far away", "three bytes", "six bytes"],
)
@pytest.mark.parametrize("frames", [None, "1"])
def test_all_fragments_are_the_one_frame_whatever_the_offset_table_says(tmp_path, table, frames):
    tags = {} if frames is None else {"NumberOfFrames": frames}
    path = write_value(tmp_path / "a.dcm", table + item(FIRST) + item(SECOND) + END, **tags)
    assert np.array_equal(load_radiograph(path).stored, PIXELS)


def test_fragments_may_be_many_and_empty_ones_among_them(tmp_path):
    pieces = [FRAME[start : start + 100] for start in range(0, len(FRAME), 100)]
    value = offsets() + item(b"") + b"".join(map(item, pieces)) + item(b"") + END
    assert np.array_equal(load_radiograph(write_value(tmp_path / "a.dcm", value)).stored, PIXELS)


def test_a_sequence_without_offset_table_or_end_is_tolerated(tmp_path):
    for number, value in enumerate((item(FIRST) + item(SECOND) + END, offsets() + item(FIRST) + item(SECOND))):
        assert np.array_equal(load_radiograph(write_value(tmp_path / str(number), value)).stored, PIXELS)


def test_an_extended_offset_table_changes_nothing(tmp_path):
    value, table, lengths = encapsulate_extended([FRAME])
    tags = {"ExtendedOffsetTable": table, "ExtendedOffsetTableLengths": lengths}
    assert np.array_equal(load_radiograph(write_value(tmp_path / "a.dcm", value, **tags)).stored, PIXELS)


def test_items_in_a_value_of_defined_length_are_fragments(tmp_path):
    value = encapsulate([FRAME])
    path = write_value(tmp_path / "a.dcm", value, length=len(value))
    assert not pixel_data_of(path).is_native(NEEDED, PIXELS.shape)
    assert np.array_equal(load_radiograph(path).stored, PIXELS)


def test_a_bare_code_stream_of_defined_length_is_decoded(tmp_path):
    for number, syntax in enumerate((JPEG2000Lossless, ExplicitVRLittleEndian)):
        path = write_value(tmp_path / str(number), FRAME, syntax, length=len(FRAME))
        assert np.array_equal(load_radiograph(path).stored, PIXELS)


def test_bytes_before_the_code_stream_are_skipped(tmp_path):
    path = write_encapsulated(tmp_path / "a.dcm", PIXELS, b"\0\0\x01\x02" + FRAME, JPEG2000Lossless, 12)
    frame, stream = frame_in(path, pixel_data_of(path))
    assert frame.startswith(b"\xff\x4f")
    assert stream.coding is Coding.JPEG_2000
    assert np.array_equal(load_radiograph(path).stored, PIXELS)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_native_pixels_are_found_where_they_are(tmp_path, syntax):
    dataset = chest_dataset(PIXELS, 12)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    pixel_data = pixel_data_of(tmp_path / "a.dcm")
    assert pixel_data.is_native(NEEDED, PIXELS.shape)
    assert pixel_data.length == NEEDED
    assert (tmp_path / "a.dcm").read_bytes()[pixel_data.start :] == PIXELS.tobytes()


def test_native_pixels_that_begin_like_a_code_stream_or_an_item_are_native(tmp_path):
    for number, start in enumerate((b"\xff\xd8\xff\xe0", b"\x01\0\0\0\x40\0\0\0", ITEM)):
        pixels = ramp(bits=16)
        pixels.ravel()[: len(start) // 2] = np.frombuffer(start, "<u2")
        path = write_dicom(tmp_path / str(number), pixels)
        assert np.array_equal(load_radiograph(path).stored, pixels)


def test_a_file_without_pixels_has_no_place_for_them(tmp_path):
    assert pixel_data_of(write_dicom(tmp_path / "a.dcm", PIXELS, 12, PixelData=None)) is None

"""Palettes in both byte orders, in segments, in 8 and 16 bits: the luminance of the colours that they mean."""

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from bsnet_core.display import default_voi, display_table
from bsnet_core.errors import UnreadableImageError
from bsnet_core.loading import load_radiograph
from bsnet_core.loading.palette import expanded
from tests.dicom_files import chest_dataset, ramp

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")

COLOURS = ("Red", "Green", "Blue")
INDICES = ramp(bits=8, dtype=np.uint8)


def palette_file(
    path, tables, *, syntax=ExplicitVRLittleEndian, descriptor=(256, 0, 16), segmented="", pixels=INDICES, bits=8
):
    """A palette image whose tables are bytes or words of the file's byte order, one for each colour."""
    order = "<" if syntax.is_little_endian else ">"
    dataset = chest_dataset(pixels, bits, PhotometricInterpretation="PALETTE COLOR")
    if pixels.itemsize == 2:
        dataset.PixelData = pixels.astype(f"{order}{pixels.dtype.kind}2").tobytes()
    for colour, table in zip(COLOURS, tables, strict=True):
        dataset.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [number % 65536 for number in descriptor])
        words = np.frombuffer(table, "<u2") if isinstance(table, bytes) else np.asarray(table)
        keyword = f"{segmented}{colour}PaletteColorLookupTableData"
        dataset.add_new(keyword, "OW", words.astype(f"{order}u2").tobytes())
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)
    return path


def shown(radiograph):
    return display_table(radiograph, default_voi(radiograph))[radiograph.stored].astype(int)


SYNTAXES = pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])


@SYNTAXES
def test_a_grey_palette_of_16_bits_in_every_byte_order(tmp_path, syntax):
    entries = np.arange(256) * 256
    radiograph = load_radiograph(palette_file(tmp_path / "a", [entries] * 3, syntax=syntax))
    assert np.array_equal(radiograph.stored, INDICES.astype(int) * 256)
    assert radiograph.colourfulness == 0


@SYNTAXES
def test_a_colourful_palette_keeps_its_colours_in_every_byte_order(tmp_path, syntax):
    random = np.random.default_rng(0)
    tables = [random.integers(0, 65536, 256) for _colour in COLOURS]
    radiograph = load_radiograph(palette_file(tmp_path / "a", tables, syntax=syntax))
    luminance = np.rint(0.299 * tables[0] + 0.587 * tables[1] + 0.114 * tables[2])
    assert np.abs(radiograph.stored - luminance[INDICES]).max() <= 1
    assert radiograph.colourfulness > 0.1


@SYNTAXES
def test_two_entries_of_8_bits_in_a_word_the_first_in_the_low_byte(tmp_path, syntax):
    entries = np.arange(256, dtype=np.uint8)[::-1].tobytes()
    path = palette_file(tmp_path / "a", [entries] * 3, syntax=syntax, descriptor=(256, 0, 8))
    assert np.array_equal(load_radiograph(path).stored, 255 - INDICES)


def test_entries_of_8_bits_in_words_said_to_have_16(tmp_path):
    radiograph = load_radiograph(palette_file(tmp_path / "a", [np.arange(256)] * 3))
    assert np.abs(shown(radiograph) - INDICES).max() <= 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_palette_of_4096_entries_of_8_bits(tmp_path, packed):
    entries = (np.arange(4096) // 16).astype(np.uint8)
    table = entries.tobytes() if packed else entries
    path = palette_file(tmp_path / "a", [table] * 3, descriptor=(4096, 0, 8), pixels=ramp(), bits=12)
    assert np.array_equal(load_radiograph(path).stored, ramp() // 16)


def test_indices_below_and_beyond_a_palette_take_its_ends(tmp_path):
    path = palette_file(tmp_path / "a", [np.arange(100) * 256] * 3, descriptor=(100, 50, 16))
    assert np.array_equal(load_radiograph(path).stored, np.clip(INDICES.astype(int) - 50, 0, 99) * 256)


def test_negative_indices(tmp_path):
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    path = palette_file(
        tmp_path / "a", [np.arange(4096) * 16] * 3, descriptor=(4096, -2048, 16), pixels=pixels, bits=12
    )
    assert np.array_equal(load_radiograph(path).stored, ramp() * 16)


SEGMENTS = [0, 2, 0, 256, 1, 254, 65280]
"""Two entries as they are, then a straight line of 254 entries: a grey ramp in steps of 256."""


@SYNTAXES
def test_a_segmented_palette_in_every_byte_order(tmp_path, syntax):
    path = palette_file(tmp_path / "a", [SEGMENTS] * 3, syntax=syntax, segmented="Segmented")
    assert np.abs(load_radiograph(path).stored - INDICES.astype(int) * 256).max() <= 1


@SYNTAXES
def test_a_segmented_palette_of_8_bits(tmp_path, syntax):
    data = bytes([0, 2, 0, 1, 1, 254, 255, 0])
    options = {"syntax": syntax, "descriptor": (256, 0, 8), "segmented": "Segmented"}
    assert np.array_equal(load_radiograph(palette_file(tmp_path / "a", [data] * 3, **options)).stored, INDICES)


def test_an_indirect_segment_repeats_segments_at_a_byte_offset():
    # PS3.3 C.7.9.2.3: from byte 8, that is word 4, one segment again: from the last value to 30 in three steps.
    words = [0, 2, 9, 0, 1, 3, 30, 0, 1, 0, 2, 1, 8, 0]
    assert expanded(words, entry_bits=16).tolist() == [9, 0, 10, 20, 30, 0, 10, 20, 30]
    parts = [0, 2, 9, 0, 1, 3, 30, 0, 1, 0, 2, 1, 4, 0, 0, 0]
    assert expanded(parts, entry_bits=8).tolist() == [9, 0, 10, 20, 30, 0, 10, 20, 30]


@pytest.mark.parametrize(
    "segments", [[1, 5, 100], [7, 1, 1], [0, 2, 1, 1, 2, 1, 8, 0], [0, 0], [0, 2, 1, 1, 1, 65535, 9] * 3]
)
def test_malformed_segments_are_an_error_that_is_said(tmp_path, segments):
    path = palette_file(tmp_path / "a", [segments] * 3, segmented="Segmented")
    with pytest.raises(UnreadableImageError, match="damaged"):
        load_radiograph(path)

"""Look-up tables: their length, first value, byte order and range, as they are written and as they are meant."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from bsnet_core.display import default_voi, display_table
from bsnet_core.loading import load_radiograph
from bsnet_core.loading.look_up_tables import Descriptor, bits_of, entries_of, first_value_of
from tests.dicom_files import chest_dataset, ramp, write_dicom

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


def lut_item(entries, first, bits, *, order="<", **more):
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, bits]
    item["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    item.LUTData = np.asarray(entries).astype(f"{order}u2").tobytes()
    item["LUTData"].VR = "OW"
    for keyword, value in more.items():
        setattr(item, keyword, value)
    return item


def test_look_up_tables_are_read_with_all_their_entries(tmp_path):
    modality = lut_item(np.arange(4096)[::-1], 0, 12, ModalityLUTType="US")
    voi = [lut_item(np.arange(4096) // 16, 0, 8, LUTExplanation=name) for name in ("soft", "hard")]
    path = write_dicom(
        tmp_path / "a", ramp(), 12, ModalityLUTSequence=Sequence([modality]), VOILUTSequence=Sequence(voi)
    )
    radiograph = load_radiograph(path)
    assert radiograph.modality_lut is not None
    assert radiograph.modality_lut.entries[0] == 4095
    assert [table.explanation for table in radiograph.voi_luts] == ["soft", "hard"]
    assert radiograph.voi_luts[0].entries[-1] == 255


def test_a_table_of_65536_entries_writes_its_length_as_zero(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(bits=16), 16, VOILUTSequence=Sequence([lut_item(np.arange(65536), 0, 16)]))
    assert len(load_radiograph(path).voi_luts[0].entries) == 65536


def test_the_first_input_value_of_a_table_may_be_negative(tmp_path):
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    table = lut_item(np.arange(4096), -2048, 12)
    path = write_dicom(tmp_path / "a", pixels, 12, VOILUTSequence=Sequence([table]))
    assert load_radiograph(path).voi_luts[0].first_value == -2048


def test_a_table_over_negative_modality_values_of_unsigned_pixels(tmp_path):
    # Written as US although it means -1000: the only reading that fits an intercept of -1000.
    table = lut_item(np.arange(4096), 65536 - 1000, 12)
    path = write_dicom(tmp_path / "a", ramp(), 12, RescaleIntercept="-1000", VOILUTSequence=Sequence([table]))
    assert load_radiograph(path).voi_luts[0].first_value == -1000


def test_a_table_shorter_than_it_says_is_left_out(tmp_path):
    table = lut_item(np.arange(100), 0, 12)
    table.LUTDescriptor = [4096, 0, 12]
    assert load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, VOILUTSequence=Sequence([table]))).voi_luts == ()


def test_a_table_a_little_shorter_than_it_says_holds_its_last_entry(tmp_path):
    table = lut_item(np.arange(4000), 0, 12)
    table.LUTDescriptor = [4096, 0, 12]
    (loaded,) = load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, VOILUTSequence=Sequence([table]))).voi_luts
    assert len(loaded.entries) == 4000


def shown(radiograph):
    return display_table(radiograph, default_voi(radiograph))[radiograph.stored].astype(int)


@pytest.mark.parametrize(
    ("entries", "declared"),
    [
        (np.arange(4096), 16),
        (np.arange(4096), 8),
        (np.arange(4096), 12),
        (np.arange(4096) * 16, 12),
        (np.arange(4096) // 16, 16),
        (np.arange(4096) // 16, 0),
        (np.arange(4096) * 16, 32),
    ],
)
def test_a_table_spans_the_range_that_its_entries_really_take(tmp_path, entries, declared):
    table = lut_item(entries, 0, declared)
    radiograph = load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, VOILUTSequence=Sequence([table])))
    assert np.abs(shown(radiograph) - ramp() / 4095 * 255).max() <= 1


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("packed", [False, True])
def test_tables_in_every_byte_order_one_or_two_entries_a_word(tmp_path, syntax, packed):
    order = "<" if syntax.is_little_endian else ">"
    curve = np.rint(255 * (np.arange(4096) / 4095) ** 2)
    table = lut_item(curve, 0, 8, order=order)
    if packed:
        table.LUTData = curve.astype(np.uint8).view("<u2").astype(f"{order}u2").tobytes()
    dataset = chest_dataset(ramp(), 12, VOILUTSequence=Sequence([table]))
    dataset.PixelData = ramp().astype(f"{order}u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "a", implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)
    radiograph = load_radiograph(tmp_path / "a")
    assert np.array_equal(shown(radiograph), curve[ramp()])


def test_entries_packed_into_a_list_of_words(tmp_path):
    table = lut_item(np.zeros(4096), 0, 8)
    table.add_new("LUTData", "US", (np.arange(4096) // 16).astype(np.uint8).view("<u2").tolist())
    radiograph = load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, VOILUTSequence=Sequence([table])))
    assert np.array_equal(radiograph.voi_luts[0].entries, np.arange(4096) // 16)


@pytest.mark.parametrize(("vr", "first"), [("US", 40000), ("SS", 40000 - 65536)])
def test_the_first_value_of_a_table_over_high_unsigned_values_whichever_way_it_is_written(tmp_path, vr, first):
    pixels = (ramp(bits=14) + 40000).astype(np.uint16)
    table = lut_item(np.arange(16384), 0, 14)
    table.add_new("LUTDescriptor", vr, [16384, first, 14])
    radiograph = load_radiograph(write_dicom(tmp_path / "a", pixels, 16, VOILUTSequence=Sequence([table])))
    assert radiograph.voi_luts[0].first_value == 40000


@pytest.mark.parametrize(("vr", "first"), [("US", 65536 - 2048), ("SS", -2048)])
@pytest.mark.parametrize("keyword", ["ModalityLUTSequence", "VOILUTSequence"])
def test_the_first_value_of_a_table_over_negative_values_whichever_way_it_is_written(tmp_path, vr, first, keyword):
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    table = lut_item(np.arange(4096), 0, 12)
    table.add_new("LUTDescriptor", vr, [4096, first, 12])
    radiograph = load_radiograph(write_dicom(tmp_path / "a", pixels, 12, **{keyword: Sequence([table])}))
    (loaded,) = radiograph.voi_luts or (radiograph.modality_lut,)
    assert loaded.first_value == -2048


def test_a_voi_table_behind_a_modality_table_begins_where_that_ends(tmp_path):
    # 16 bits out of the Modality LUT, so a first value of 40000 is not negative although stored values are.
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    modality = lut_item(np.arange(4096) * 16, -2048, 16)
    path = write_dicom(
        tmp_path / "a",
        pixels,
        12,
        ModalityLUTSequence=Sequence([modality]),
        VOILUTSequence=Sequence([lut_item(np.arange(25000), 40000, 16)]),
    )
    assert load_radiograph(path).voi_luts[0].first_value == 40000


@pytest.mark.parametrize(
    ("first", "count", "values", "signed", "meant"),
    [
        (100, 4096, (0, 4095), False, 100),
        (65000, 4096, (0, 4095), True, -536),
        (65000, 100, (0, 4095), False, 65000),
        (65000, 100, (0, 4095), True, -536),
        (32768, 65536, (-32768, 32767), True, -32768),
    ],
)
def test_a_first_value_is_signed_where_the_table_then_covers_more_values(first, count, values, signed, meant):
    assert first_value_of(Descriptor(count, first, 12), values, signed=signed) == meant


def test_a_table_of_zeros_has_the_declared_range():
    assert bits_of(np.zeros(10, np.uint16), 12) == 12


def test_a_table_of_an_odd_number_of_bytes():
    packed = np.arange(255, dtype=np.uint8).tobytes()
    assert np.array_equal(entries_of(packed, 255, is_little_endian=True), np.arange(255))

"""Windows, look-up tables and padding of a DICOM header."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import VoiFunction, VoiWindow
from tests.dicom_files import ramp, write_dicom

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


def test_all_windows_and_their_function_are_kept(tmp_path):
    path = write_dicom(
        tmp_path / "a",
        ramp(),
        12,
        WindowCenter=["2000", "1000"],
        WindowWidth=["3000", "500"],
        WindowCenterWidthExplanation=["normal", "bone"],
        VOILUTFunction="SIGMOID",
    )
    assert load_radiograph(path).voi_windows == (
        VoiWindow(2000, 3000, VoiFunction.SIGMOID, "normal"),
        VoiWindow(1000, 500, VoiFunction.SIGMOID, "bone"),
    )


@pytest.mark.parametrize(
    "tags",
    [
        {"WindowCenter": "2000"},
        {"WindowCenter": "2000", "WindowWidth": "0"},
        {"WindowCenter": "2000", "WindowWidth": "-3"},
        {"WindowCenter": "", "WindowWidth": ""},
    ],
)
def test_a_window_that_means_nothing_is_left_out(tmp_path, tags):
    assert load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, **tags)).voi_windows == ()


def lut_item(entries, first, bits, **more):
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, bits]
    item.LUTData = np.asarray(entries, dtype="<u2").tobytes()
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


def test_padding_is_kept_as_a_range(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, PixelPaddingValue=10, PixelPaddingRangeLimit=0)
    assert load_radiograph(path).padding == (0, 10)


def test_negative_padding(tmp_path):
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    radiograph = load_radiograph(write_dicom(tmp_path / "a", pixels, 12, PixelPaddingValue=-2048))
    assert radiograph.padding == (-2048, -2048)

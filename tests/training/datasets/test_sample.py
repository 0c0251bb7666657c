import pytest

from tests.training.data_set_layouts import write_brixia
from training.datasets.brixia_covid19 import load_brixia_covid19
from training.datasets.sample import DataSetError, OpacityReading, SeverityReading, missing_files, reject_missing_files


@pytest.mark.parametrize("wrong", [(float("nan"), 1), (1, float("nan")), (8.1, 1), (-0.1, 1), (1, 6.1), (1, -1)])
def test_extent_and_opacity_beyond_their_scales_are_no_reading(wrong):
    assert OpacityReading(8, 6) == OpacityReading(8.0, 6.0)
    with pytest.raises(ValueError, match="Extent is 0 to 8"):
        OpacityReading(*wrong)


@pytest.mark.parametrize("wrong", [(float("nan"), 1), (1, 8.1), (-0.1, 1)])
def test_severity_beyond_its_scale_is_no_reading(wrong):
    assert SeverityReading(8, 8).opacity == 8
    with pytest.raises(ValueError, match="are 0 to 8"):
        SeverityReading(*wrong)


def test_readers_name_files_that_are_not_there_so_that_all_can_be_told(tmp_path):
    root = write_brixia(tmp_path)
    for name in ("11.dcm", "13.dcm"):
        (root / "dicom_clean" / name).unlink()
    samples = load_brixia_covid19(root)
    assert [path.name for sample in samples for path in missing_files(sample)] == ["11.dcm", "13.dcm"]
    with pytest.raises(DataSetError, match=r"2 files are missing, such as .*11\.dcm"):
        reject_missing_files(samples)

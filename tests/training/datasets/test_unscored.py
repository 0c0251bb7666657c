import pytest

from tests.training.data_set_layouts import replace_in, write_hannover, write_nih_no_finding
from training.datasets.pixels import load_sample_radiograph
from training.datasets.sample import DataSetError, reject_missing_files
from training.datasets.unscored import load_hannover, load_nih_no_finding


def test_no_finding_images_are_grouped_by_patient(data_root):
    samples = load_nih_no_finding(data_root / "nih-no-finding")
    assert [sample.patient for sample in samples] == ["nih-00000", "nih-00001", "nih-00002"]
    assert all(sample.no_finding for sample in samples)


def test_hannover_images_are_grouped_by_patient_over_the_days(tmp_path):
    samples = load_hannover(write_hannover(tmp_path / "hannover"))
    assert [sample.patient for sample in samples] == ["hannover-1", "hannover-1", "hannover-2"]
    assert not any(sample.score or sample.masks or sample.no_finding for sample in samples)
    reject_missing_files(samples)
    assert load_sample_radiograph(samples[0]).pixels.shape == (96, 96)


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (lambda root: (root / "metadata.csv").unlink(), "metadata.csv"),
        (lambda root: (root / "images/1-2.jpg").unlink(), "1-2.jpg"),
        (lambda root: replace_in(root / "metadata.csv", "image_id", "image"), "metadata.csv has no column image_id"),
        (lambda root: replace_in(root / "metadata.csv", "1,1-2,", ",1-2,"), "line 3, column patient_id"),
        (lambda root: replace_in(root / "metadata.csv", "2,2-1,", "2,,"), "line 4, column image_id"),
        (lambda root: replace_in(root / "metadata.csv", "2,2-1,", "2"), "line 4, column image_id"),
    ],
)
def test_a_faulty_hannover_folder_names_the_file_row_or_column(tmp_path, break_it, named):
    root = write_hannover(tmp_path / "hannover")
    break_it(root)
    with pytest.raises(DataSetError, match=named):
        reject_missing_files(load_hannover(root))


def test_no_finding_images_have_their_patient_in_their_name(tmp_path):
    samples = load_nih_no_finding(write_nih_no_finding(tmp_path / "nih"))
    assert [sample.patient for sample in samples] == ["nih-00000013", "nih-00000013", "nih-00000042"]
    assert all(sample.no_finding and sample.score is None for sample in samples)


def test_a_no_finding_folder_without_images_is_named(tmp_path):
    with pytest.raises(DataSetError, match=r"folder .*nowhere is missing"):
        load_nih_no_finding(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataSetError, match=r"no files \*\.jpg in .*empty"):
        load_nih_no_finding(tmp_path / "empty")

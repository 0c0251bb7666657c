import pytest

from tests.training.data_set_layouts import replace_in, write_rsna_lungs
from training.datasets.opacity_boxes import LungClass, OpacityBox
from training.datasets.rsna_lungs import load_rsna_lungs
from training.datasets.sample import DataSetError, reject_missing_files


def test_an_image_has_its_class_and_its_boxes_and_comes_once_even_if_its_row_comes_twice(tmp_path):
    samples = load_rsna_lungs(write_rsna_lungs(tmp_path / "rsna"))
    assert [sample.lung_class for sample in samples] == [LungClass.NORMAL, LungClass.OPACITY, LungClass.NO_OPACITY]
    assert samples[1].opacity_boxes == (OpacityBox(0.25, 0.5, 0.125, 0.25), OpacityBox(0.6, 0.1, 0.2, 0.3))
    assert samples[0].opacity_boxes == ()
    assert not any(sample.no_finding or sample.patient_known for sample in samples)
    reject_missing_files(samples)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("boxes", "places", "no column boxes"),
        ("a.jpg,normal", "a.jpg,healthy", "line 2, column class: 'healthy' is not one of normal, not-normal"),
        ("0.6 0.1 0.2 0.3", "0.6 0.1 0.2", "line 3, column boxes: .* is not a box"),
        ("0.6 0.1 0.2 0.3", "0.9 0.1 0.2 0.3", "line 3, column boxes: .* is not a box"),
        ("a.jpg,normal,", "a.jpg,normal,0 0 1 1", "line 2, column boxes: Images of the class opacity"),
        ("b.jpg,opacity,0.25 0.5 0.125 0.25;0.6 0.1 0.2 0.3", "b.jpg,opacity,", "line 3, column boxes: Images of"),
        ("a.jpg,normal", "c.jpg,normal", r"line 4, column image: images/c\.jpg is in an earlier row"),
        ("images/a.jpg", "images/z.jpg", r"z\.jpg is missing"),
    ],
)
def test_a_faulty_table_names_line_and_column(tmp_path, old, new, said):
    root = write_rsna_lungs(tmp_path / "rsna")
    replace_in(root / "labels.csv", old, new)
    with pytest.raises(DataSetError, match=said):
        reject_missing_files(load_rsna_lungs(root))


def test_the_real_folder_is_loaded_whole(shared_data):
    samples = load_rsna_lungs(shared_data / "rsna-lungs")
    assert len(samples) == len({sample.image for sample in samples}) == 3941  # 4,000 rows, some of them twice
    reject_missing_files(samples)

import cv2
import numpy as np
import pytest

from tests.training.data_set_layouts import replace_in, write_cohen_annotations
from training.datasets.authors_predictions import with_authors_predictions
from training.datasets.cohen import load_cohen_annotations, load_cohen_folder
from training.datasets.sample import DataSetError, SeverityReading, reject_missing_files


def test_the_cohen_folder_is_read_with_masks_and_both_readers(data_root):
    samples = load_cohen_folder(data_root / "cohen")
    assert len(samples) == 12
    assert all(sample.masks and all(mask.is_file() for mask in sample.masks) for sample in samples)
    assert samples[3].score is not None
    assert samples[3].score == samples[3].second_score
    assert samples[0].patient == "cohen-0"


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (lambda root: (root / "metadata.csv").unlink(), "metadata.csv"),
        (lambda root: (root / "images/p03.jpg").unlink(), "p03.jpg"),
        (lambda root: (root / "masks/p04.png").unlink(), "p04.png"),
        (lambda root: replace_in(root / "metadata.csv", "patient_id", "who"), "patient_id"),
        (lambda root: replace_in(root / "brixia-scores.csv", "S-A", "S-X"), "S-A"),
        (
            lambda root: replace_in(root / "brixia-scores.csv", "images/p05.jpg,", "images/p05.jpg,9"),
            "line 7, column S-A",
        ),
        (
            lambda root: replace_in(root / "brixia-scores.csv", "p05.jpg", "p99.jpg"),
            "line 7, column image: images/p99.jpg",
        ),
        (
            lambda root: replace_in(root / "brixia-scores.csv", "p05.jpg", "p06.jpg"),
            "line 8, column image: images/p06.jpg",
        ),
        (lambda root: replace_in(root / "metadata.csv", "images/p05.jpg", "images/p06.jpg"), "metadata.csv, line 8"),
        (lambda root: _opacity(root, "images/p99.jpg,1,1"), "geographic-opacity-scores.csv, line 2, column image"),
        (lambda root: _opacity(root, "images/p01.jpg,1,1", "images/p01.jpg,2,2"), "line 3, column image"),
        (lambda root: _opacity(root, "images/p01.jpg,nan,1"), "line 2, column geographic_mean: nan is not 0 to 8"),
        (lambda root: _opacity(root, "images/p01.jpg,8,6.5"), "line 2, column opacity_mean: 6.5 is not 0 to 6"),
        (lambda root: _severity(root, "images/p99.jpg,1,1"), "covid-net-severity.csv, line 2, column image"),
        (lambda root: _severity(root, "images/p01.jpg,1,8.5"), "line 2, column opacity: 8.5 is not 0 to 8"),
        (lambda root: _lesions(root, "p99"), r"outlines .*p99\.png belong to no image"),
        (lambda root: _add_to_global(root / "brixia-scores.csv"), "line 2, column S-Global"),
    ],
)
def test_a_faulty_data_set_names_the_file_row_or_column(data_root, break_it, named):
    break_it(data_root / "cohen")
    with pytest.raises(DataSetError, match=named):
        reject_missing_files(load_cohen_folder(data_root / "cohen"))


def _opacity(root, *rows):
    text = "\n".join(("image,geographic_mean,opacity_mean", *rows))
    (root / "geographic-opacity-scores.csv").write_text(text + "\n")


def _severity(root, *rows):
    (root / "covid-net-severity.csv").write_text("\n".join(("image,geographic_extent,opacity", *rows)) + "\n")


def _lesions(root, name):
    (root / "lesions").mkdir(exist_ok=True)
    cv2.imwrite(str(root / "lesions" / f"{name}.png"), np.full((160, 160), 5, np.uint8))


def _add_to_global(table):
    header, first, *others = table.read_text().splitlines()
    cells = first.split(",")
    column = header.split(",").index("S-Global")
    cells[column] = str(int(cells[column]) + 1)
    table.write_text("\n".join((header, ",".join(cells), *others)) + "\n")


def test_severity_and_outlines_go_to_their_images(data_root):
    _severity(data_root / "cohen", "images/p01.jpg,6.67,7.5")
    _lesions(data_root / "cohen", "p02")
    samples = load_cohen_folder(data_root / "cohen")
    assert [sample.severity for sample in samples[:3]] == [None, SeverityReading(6.67, 7.5), None]
    assert samples[2].lesions == data_root / "cohen/lesions/p02.png"
    assert all(sample.lesions is None for sample in samples[:2])
    reject_missing_files(samples)


def test_an_image_that_shows_a_kept_one_again_takes_no_new_label(data_root):
    cohen = data_root / "cohen"
    for table in ("metadata.csv", "brixia-scores.csv"):
        replace_in(cohen / table, "images/p01.jpg", "images/16660_5_1.jpg")
    (cohen / "images/p01.jpg").rename(cohen / "images/16660_5_1.jpg")
    _severity(cohen, "images/16660_5_1.jpg,6,5", "images/p02.jpg,6,5")
    _lesions(cohen, "16660_5_1")
    samples = load_cohen_folder(cohen)
    assert samples[1].image.name == "16660_5_1.jpg"
    assert (samples[1].severity, samples[1].lesions) == (None, None)
    assert samples[2].severity is not None
    peers = cohen / "peers.csv"
    columns = ",".join(f"{zone}{score}" for zone in "ABCDEF" for score in range(4))
    peers.write_text(f"image,{columns}\nimages/16660_5_1.jpg{',1,0,0,0' * 6}\nimages/p02.jpg{',1,0,0,0' * 6}\n")
    labelled = with_authors_predictions(samples, peers)
    assert [index for index, sample in enumerate(labelled) if sample.peers] == [2]


def test_the_public_annotations_are_read_with_both_radiologists_and_the_collections_patients(tmp_path):
    samples = load_cohen_annotations(write_cohen_annotations(tmp_path))
    assert [sample.patient for sample in samples] == ["cohen-4", "cohen-4", "cohen-7"]
    assert str(samples[0].score) == "012301"
    assert str(samples[0].second_score) == "012311"


def test_without_the_collections_table_every_annotated_image_is_a_patient_and_says_so(tmp_path):
    samples = load_cohen_annotations(write_cohen_annotations(tmp_path, with_patients=False))
    assert len({sample.patient for sample in samples}) == 3
    assert not any(sample.patient_known for sample in samples)

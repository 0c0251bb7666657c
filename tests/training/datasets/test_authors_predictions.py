import pytest

from tests.training.data_set_layouts import replace_in
from training.datasets.authors_predictions import with_authors_predictions
from training.datasets.cohen import load_cohen_folder
from training.datasets.sample import DataSetError

HEADER = "image,authors_predicted_score," + ",".join(f"{zone}{score}" for zone in "ABCDEF" for score in range(4))
ROW = "images/p03.jpg,6," + ",".join(["0.1,0.2,0.3,0.4", "1.0,0,0,0"] + ["0,0,0,1"] * 4)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "bsnet-authors-cohen.csv"
    path.write_text(f"{HEADER}\n{ROW}\n")
    return path


def test_an_image_of_the_table_has_the_probabilities_of_its_zones(data_root, table):
    samples = with_authors_predictions(load_cohen_folder(data_root / "cohen"), table)
    assert [index for index, sample in enumerate(samples) if sample.peers] == [3]
    assert samples[3].peers.authors_probabilities[:2] == ((0.1, 0.2, 0.3, 0.4), (1.0, 0, 0, 0))
    assert samples[3].peers.authors_expected == pytest.approx((2, 0, 3, 3, 3, 3))
    assert samples[3].score is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("F3", "F4", "no column F3"),
        ("images/p03.jpg", "images/p99.jpg", r"line 2, column image: images/p99\.jpg is not in metadata\.csv"),
        ("0.1,0.2", "0.1,1.2", "line 2, column A1: 1.2 is not 0 to 1"),
        ("0.1,0.2", "0.1,0.1", "line 2, column A0: The probabilities of a zone do not add up to 1"),
    ],
)
def test_a_faulty_table_names_line_and_column(data_root, table, old, new, said):
    replace_in(table, old, new)
    with pytest.raises(DataSetError, match=said):
        with_authors_predictions(load_cohen_folder(data_root / "cohen"), table)

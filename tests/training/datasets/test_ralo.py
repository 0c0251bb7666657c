import pytest

from tests.training.data_set_layouts import replace_in, write_ralo
from training.datasets.lung_scores import LungScore, LungScores
from training.datasets.ralo import load_ralo
from training.datasets.sample import DataSetError, reject_missing_files


def test_each_lung_has_the_scores_of_both_raters_and_the_images_of_a_patient_their_time(tmp_path):
    samples = load_ralo(write_ralo(tmp_path / "ralo"))
    assert [sample.patient for sample in samples] == ["ralo-S1", "ralo-S1", "ralo-S2"]
    first, second = samples[1].lung_scores
    assert first == LungScores(patients_right=LungScore(4, 1), patients_left=LungScore(4, 2))
    assert (second.extent, second.opacity) == (6, 3)
    assert samples[1].day - samples[0].day == 2.25
    reject_missing_files(samples)


def test_what_other_networks_said_is_kept_where_the_table_has_it(tmp_path):
    samples = load_ralo(write_ralo(tmp_path / "ralo"))
    assert samples[0].peers is not None
    assert (samples[0].peers.authors_global, samples[0].peers.pxs) == (7, 8.635)
    assert samples[2].peers is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rater2-left-opacity", "rater2-left-density", "no column rater2-left-opacity"),
        ("20200401_180000", "in April", "line 3, column exam: 'in April' is not a time"),
        ("S2,", ",", "line 4, column patient: the value is missing"),
        ("18" + "0000,4,1", "18" + "0000,5,1", "line 3, column rater1-right-extent: 5 is not 0 to 4"),
        ("18" + "0000,4,1", "18" + "0000,4,1.5", "line 3, column rater1-right-opacity: 1.5 is not a whole number"),
        (",14,16.162", ",19,16.162", "line 3, column bsnet_authors_global: 19 is not 0 to 18"),
        ("images/1.jpg", "images/0.jpg", "line 3, column image: images/0.jpg is in an earlier row"),
        ("images/1.jpg", "images/9.jpg", r"9\.jpg is missing"),
    ],
)
def test_a_faulty_table_names_line_and_column(tmp_path, old, new, said):
    root = write_ralo(tmp_path / "ralo")
    replace_in(root / "scores.csv", old, new)
    with pytest.raises(DataSetError, match=said):
        reject_missing_files(load_ralo(root))


def test_the_real_folder_has_every_image_scored_by_two_raters(shared_data):
    samples = load_ralo(shared_data / "ralo")
    assert len(samples) == 1760
    assert len({sample.patient for sample in samples}) == 400
    assert all(len(sample.lung_scores) == 2 and sample.day is not None for sample in samples)
    reject_missing_files(samples)

from bsnet_core.brixia import BrixiaScore
from tests.training.data_set_layouts import write_brixia
from training.datasets.brixia_covid19 import load_brixia_covid19
from training.datasets.pixels import load_sample_radiograph


def test_brixia_scores_get_their_leading_zeros_back_and_the_consensus_stays_for_the_test(tmp_path):
    samples = load_brixia_covid19(write_brixia(tmp_path))
    assert [str(sample.score) for sample in samples] == ["000012", "333333", "000000", "010203"]
    assert [sample.patient for sample in samples] == ["brixia-p1", "brixia-p1", "brixia-p2", "brixia-p3"]
    assert samples[3].consensus_score == BrixiaScore((0, 1, 1, 2, 0, 3))
    assert [sample.published_test for sample in samples] == [None, None, None, True]
    plain, inverted = (load_sample_radiograph(sample).pixels for sample in samples[:2])
    assert plain[0, 0] == 0
    assert inverted[0, 0] == 1


def test_brixia_without_the_consensus_table_has_scores_only_but_still_keeps_its_images_for_the_test(tmp_path):
    root = write_brixia(tmp_path)
    (root / "metadata_consensus_v1.csv").unlink()
    samples = load_brixia_covid19(root)
    assert all(sample.consensus_score is None for sample in samples)
    assert [sample.published_test for sample in samples] == [None, None, None, True]
    table = root / "metadata_global_v2.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace("ConsensusTestset", "Something"), encoding="utf-8")
    assert [sample.published_test for sample in load_brixia_covid19(root)] == [None] * 4


def test_an_image_of_the_consensus_table_is_for_the_test_whatever_its_column_says(tmp_path):
    root = write_brixia(tmp_path)
    table = root / "metadata_global_v2.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace("Maker;1", "Maker;0"), encoding="utf-8")
    assert [sample.published_test for sample in load_brixia_covid19(root)] == [None, None, None, True]

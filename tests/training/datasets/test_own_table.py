from tests.training.data_set_layouts import write_own_table
from training.datasets.own_table import load_own_table


def test_a_hospitals_own_table_needs_no_mask_and_no_score(tmp_path):
    samples = load_own_table(write_own_table(tmp_path / "clinic"))
    assert [sample.patient for sample in samples] == ["clinic-P1", "clinic-P1", "clinic-P2"]
    assert [str(sample.score) for sample in samples] == ["012321", "000001", "None"]
    assert samples[1].masks[0].name == "b-lungs.png"
    assert load_own_table(tmp_path / "clinic" / "table.csv") == samples

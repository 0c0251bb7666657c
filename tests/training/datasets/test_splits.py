import json

import numpy as np
import pytest

from tests.training.data_set_layouts import write_brixia, write_montgomery
from training.datasets.brixia_covid19 import load_brixia_covid19
from training.datasets.cohen import load_cohen_folder
from training.datasets.montgomery import load_montgomery
from training.datasets.sample import DataSetError
from training.datasets.splits import load_or_make_split, split_by_patient
from training.datasets.unscored import load_nih_no_finding


def test_no_patient_stands_in_two_parts_and_nobody_is_lost(shared_data):
    samples = [*load_cohen_folder(shared_data / "cohen"), *load_nih_no_finding(shared_data / "nih-no-finding")]
    split = split_by_patient(samples, 0.15, 0.25, 0)
    parts = (split.train, split.validation, split.test)
    assert sum(map(len, parts)) == len(set().union(*parts)) == len({sample.patient for sample in samples})
    scored = {sample.patient for sample in samples if sample.score is not None}
    assert len(scored & split.test) / len(scored) == pytest.approx(0.25, abs=0.03)
    totals = [
        np.mean([sample.score.total for sample in samples if sample.score and sample.patient in part]) for part in parts
    ]
    assert max(totals) - min(totals) < 3


def test_the_split_is_written_once_and_reused(data_root, tmp_path):
    samples = load_cohen_folder(data_root / "cohen")
    path = tmp_path / "run" / "split.json"
    first = load_or_make_split(path, samples, 0.2, 0.2, 0)
    assert load_or_make_split(path, samples, 0.5, 0.1, 99) == first
    values = json.loads(path.read_text())
    values["train"] = values["train"][1:]
    path.write_text(json.dumps(values))
    with pytest.raises(DataSetError, match="does not know 1"):
        load_or_make_split(path, samples, 0.2, 0.2, 0)
    path.write_text("{")
    with pytest.raises(DataSetError, match="damaged"):
        load_or_make_split(path, samples, 0.2, 0.2, 0)


def test_the_publishers_test_part_is_kept_whatever_the_seed(tmp_path):
    samples = [
        *load_montgomery(write_montgomery(tmp_path / "m", 60)),
        *load_brixia_covid19(write_brixia(tmp_path / "b")),
    ]
    published = {sample.patient for sample in samples if sample.published_test}
    assert len(published) == 51
    for seed in range(3):
        split = split_by_patient(samples, 0.2, 0.3, seed)
        assert published <= split.test
        montgomery = {patient for patient in split.test if patient.startswith("montgomery")}
        assert montgomery == {patient for patient in published if patient.startswith("montgomery")}
        assert len(split.validation) >= 2

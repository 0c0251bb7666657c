import dataclasses

import numpy as np
import pytest

from training.configuration.run_config import ConfigurationError
from training.cross_validation.folds import Plan, fold_split
from training.datasets.cohen import load_cohen_folder


def test_every_scored_patient_is_tested_once_per_repeat_and_never_trained_on(make_config, shared_data):
    config, plan = make_config(), Plan(folds=5, repeats=2)
    samples = load_cohen_folder(shared_data / "cohen")
    scored = {sample.patient for sample in samples if sample.score is not None}
    divisions = []
    for repeat in range(plan.repeats):
        splits = [fold_split(samples, config, plan, repeat, fold) for fold in range(plan.folds)]
        tested = [patient for split in splits for patient in split.test]
        assert sorted(tested) == sorted(scored)
        for split in splits:
            assert not split.test & (split.train | split.validation)
            assert split.train | split.validation | split.test == {sample.patient for sample in samples}
            assert len(split.validation & scored) == pytest.approx(0.25 * len(scored - split.test), abs=1)
        severity = [
            np.mean([s.score.total for s in samples if s.score and s.patient in split.test]) for split in splits
        ]
        assert max(severity) - min(severity) < 3.5
        divisions.append([split.test for split in splits])
    assert divisions[0] != divisions[1]


def test_patients_of_a_published_test_part_stay_out_of_the_cross_validation(make_config, data_root):
    samples = load_cohen_folder(data_root / "cohen")
    samples[2] = dataclasses.replace(samples[2], published_test=True)
    for fold in range(3):
        split = fold_split(samples, make_config(), Plan(folds=3), 0, fold)
        assert samples[2].patient not in split.train | split.validation | split.test


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"repeats": 0}, {"trunk_per_fold": True, "trunk": "x"}])
def test_plans_that_make_no_sense_are_rejected(wrong):
    with pytest.raises(ConfigurationError):
        Plan(**wrong)

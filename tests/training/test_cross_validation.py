"""Repeated cross-validation by patient, and calibration."""

import dataclasses
import hashlib
import json
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
from accelerate import Accelerator

from bsnet_core.agreement import grouped_bootstrap_interval
from bsnet_core.brixia import BrixiaScore
from bsnet_core.model.network_config import Attention
from bsnet_core.model.weights import load_model
from training import cli
from training.configuration.run_config import ConfigurationError
from training.configuration.sections import StageName
from training.cross_validation import fold_run
from training.cross_validation.fold_figures import summarise
from training.cross_validation.fold_result import FoldResult
from training.cross_validation.fold_run import cross_validate
from training.cross_validation.folds import Plan, fold_split
from training.cross_validation.reliability_diagram import reliability_image
from training.datasets.cohen import read_cohen_folder
from training.datasets.sample import Sample
from training.export import WeightsChoice, export_model
from training.predictions.calibration import fit_temperature, reliability
from training.predictions.zone_predictions import final_probabilities, softmax
from training.run.run_data import load_data
from training.run.stage_run import run_stage


def test_every_scored_patient_is_tested_once_per_repeat_and_never_trained_on(make_config, shared_data):
    config, plan = make_config(), Plan(folds=5, repeats=2)
    samples = read_cohen_folder(shared_data / "cohen")
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
    samples = read_cohen_folder(data_root / "cohen")
    samples[2] = dataclasses.replace(samples[2], published_test=True)
    for fold in range(3):
        split = fold_split(samples, make_config(), Plan(folds=3), 0, fold)
        assert samples[2].patient not in split.train | split.validation | split.test


def test_a_cross_validation_goes_on_where_it_stopped_and_ends_the_same(make_config, tmp_path, monkeypatch, capsys):
    config = make_config(epochs=1)
    for name in (StageName.SEGMENTATION, StageName.ALIGNMENT):
        run_stage(config, name)
    command = ["cross-validate", "--config", str(tmp_path / "run.toml"), "--folds", "2", "--repeats", "1"]
    command.append("--without-end-to-end")
    assert cli.main(command) == 0
    said = capsys.readouterr().out
    assert "median_floor" in said
    assert "second_radiologist" in said
    figures = json.loads((config.output / "cross-validation.json").read_text())
    assert figures["images"] == 12
    assert figures["readers"]["second_radiologist"]["zones"]["mean_absolute_error"] == 0
    assert {"ha", "sa", "ens", "ens_last", "ens_best_and_last"} <= set(figures["readers"])
    diagram = cv2.imread(str(config.output / "reliability.png"))
    assert np.unique(diagram.reshape(-1, 3), axis=0).shape[0] > 3
    assert (config.output / "reliability.png").stat().st_mode & 0o077 == 0
    # Every fold names its patients.
    samples = load_data(config).samples
    for fold in (1, 2):
        folder = config.output / f"cross-validation/repeat-1/fold-{fold}"
        record = json.loads((folder / "run.json").read_text())
        assert record["split_sha256"] == hashlib.sha256((folder / "split.json").read_bytes()).hexdigest()
        test = {samples[row].patient for row in json.loads((folder / "fold.json").read_text())["test"]}
        split = json.loads((folder / "split.json").read_text())
        assert set(split["test"]) == test
        assert set(split["train"]) | set(split["validation"]) == {sample.patient for sample in samples} - test
    # One fold lost, the others kept: only that one is trained again, and on its own.
    (config.output / "cross-validation/repeat-1/fold-1/fold.json").unlink()
    for file in (config.output / "cross-validation/repeat-1/fold-1/scoring").glob("*.*"):
        file.unlink()
    trained = []
    original = fold_run.run_stage

    def counted(fold_config, *arguments, **options):
        trained.append(fold_config.output.name)
        return original(fold_config, *arguments, **options)

    monkeypatch.setattr(fold_run, "run_stage", counted)
    assert cli.main(command) == 0
    assert trained == ["fold-1"]
    assert json.loads((config.output / "cross-validation.json").read_text()) == figures
    # The card carries it.
    run_stage(config, StageName.SCORING)
    export_model(config, tmp_path / "model", "1", choice=WeightsChoice.MEAN)
    _, card = load_model(tmp_path / "model")
    assert card.metrics["cross_validation"]["readers"].keys() == figures["readers"].keys()
    fitted = figures["calibration"]["temperature"] if figures["calibration"]["temperature_helps"] else 1.0
    assert card.config.temperature == fitted
    # Other settings do not mix with folds already there.
    with pytest.raises(ConfigurationError, match="other settings"):
        cross_validate(dataclasses.replace(config, seed=7), Plan(folds=2, repeats=1, end_to_end=False))
    # Nor do the same images in another order, by whose rows the folds are kept.
    turned = dataclasses.replace(config, data=dataclasses.replace(config.data, sources=config.data.sources[::-1]))
    with pytest.raises(ConfigurationError, match="other settings"):
        cross_validate(turned, Plan(folds=2, repeats=1, end_to_end=False))


def test_without_validation_images_all_that_are_not_tested_train_and_temperatures_come_from_other_folds(
    make_config, tmp_path
):
    """The way of the shipped weights: a trunk on people without scores, no scores kept back."""
    config = make_config(head="statistics", epochs=1)
    no_shares = dataclasses.replace(config.data, validation_share=0.0, test_share=0.0)
    other = dataclasses.replace(config, output=tmp_path / "other", data=no_shares)
    measured = dataclasses.replace(config, data=dataclasses.replace(no_shares, trunk_without_scored=True))
    scores = tmp_path / "data/cohen/brixia-scores.csv"
    scores.write_text("\n".join(scores.read_text().splitlines()[:9]) + "\n")  # 8 of 12 patients
    for name in (StageName.SEGMENTATION, StageName.ALIGNMENT):
        run_stage(measured, name)
    plan = Plan(folds=2, repeats=1, end_to_end=False)
    figures = cross_validate(measured, plan)
    assert figures["images"] == 8
    assert figures["lungs"]["images"] == figures["alignment"]["images"] == 8
    folds = [
        json.loads((measured.output / f"cross-validation/repeat-1/fold-{fold}/fold.json").read_text())
        for fold in (1, 2)
    ]
    assert all(fold["validation"] == [] for fold in folds)
    logits = {Attention(head): np.array(values, np.float32) for head, values in folds[1]["logits"]["best"].items()}
    samples = load_data(measured).samples
    reference = np.stack([samples[row].score.grid for row in folds[1]["test"]])
    fitted = fit_temperature(lambda temperature: final_probabilities(logits, temperature), reference)
    assert figures["calibration"]["temperature_by_fold"][0] == pytest.approx(fitted)
    run_stage(measured, StageName.SCORING)
    card = export_model(measured, tmp_path / "model", "1", choice=WeightsChoice.LAST)
    assert card.metrics["lungs"]["images"] == card.metrics["alignment"]["images"] == 8
    assert "scores" not in card.metrics
    assert card.metrics["cross_validation"]["lungs"]["dice"]["mean"] == figures["lungs"]["dice"]["mean"]
    assert card.data["counts"]["train"]["images_with_mask"] == 4
    assert card.data["counts"]["train"]["images_with_score"] == 8
    # Another run by the same recipe may carry the figures too; one by another recipe may not.
    for name in (StageName.SEGMENTATION, StageName.ALIGNMENT, StageName.SCORING):
        run_stage(other, name)
    made = measured.output / "cross-validation.json"
    card = export_model(other, tmp_path / "other-model", "1", choice=WeightsChoice.LAST, cross_validation=made)
    assert card.metrics["cross_validation"]["images"] == 8
    assert "lungs" not in card.metrics
    louder = dataclasses.replace(other, loss=dataclasses.replace(other.loss, alpha=0.5))
    with pytest.raises(ConfigurationError, match="another recipe"):
        export_model(louder, tmp_path / "other-model", "1", choice=WeightsChoice.LAST, cross_validation=made)


def test_a_trunk_trained_per_fold_has_not_seen_the_masks_of_its_test_patients(make_config, monkeypatch):
    config = make_config(variants=0)
    seen = []

    def noted(fold_config, name, data, start=None, frozen=None):
        seen.append((fold_config.output.name, name, data.split, start))

    monkeypatch.setattr(fold_run, "run_stage", noted)
    monkeypatch.setattr(fold_run, "_test_fold", lambda *arguments: pytest.fail("stop"))
    with pytest.raises(pytest.fail.Exception):
        cross_validate(config, Plan(folds=3, repeats=1, trunk_per_fold=True))
    assert [name for _, name, _, _ in seen] == list(StageName)
    samples = load_data(config).samples
    for _, _, split, start in seen:
        assert start is None
        outlined = {sample.patient for sample in samples if sample.masks}
        assert outlined & split.test
        assert not split.test & (split.train | split.validation)


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"repeats": 0}, {"trunk_per_fold": True, "trunk": "x"}])
def test_plans_that_make_no_sense_are_rejected(wrong):
    with pytest.raises(ConfigurationError):
        Plan(**wrong)


def test_a_trunk_that_is_not_finished_is_rejected(make_config):
    config = make_config(epochs=2)
    (config.output / "alignment").mkdir(parents=True)
    (config.output / "alignment/best.safetensors").write_bytes(b"so far")
    (config.output / "alignment/history.json").write_text('[{"loss": 1.0}]')
    with pytest.raises(ConfigurationError, match="'alignment' is not finished: it has 1 of 2 epochs"):
        cross_validate(config, Plan(folds=2, repeats=1))


def test_the_first_process_fills_hashes_and_cache_while_the_others_wait(make_config, tmp_path, monkeypatch):
    config = make_config()
    trunk = tmp_path / "trunk.safetensors"
    trunk.write_bytes(b"weights")
    waited_for = Accelerator.main_process_first

    class Seen(Exception):
        pass

    @contextmanager
    def noted(accelerator):
        assert not config.data.cache.exists()
        with waited_for(accelerator):
            yield
        suffixes = {file.name.rsplit("-", 1)[-1] for file in config.data.cache.iterdir()}
        assert suffixes == {"hashes.json", "images.npy", "masks.npy"}
        raise Seen

    monkeypatch.setattr(Accelerator, "main_process_first", noted)
    with pytest.raises(Seen):
        cross_validate(config, Plan(folds=2, repeats=1, trunk=trunk))


def test_a_cross_validation_without_a_trunk_says_what_to_train(make_config):
    with pytest.raises(ConfigurationError, match="alignment"):
        cross_validate(make_config(), Plan(folds=2, repeats=1))


def _result(samples, rows, zones, repeat=0):
    """A fold that answers the given zones for every row, rather surely."""
    grid = BrixiaScore.from_values(zones).grid
    logits = np.broadcast_to(4 * np.eye(4, dtype=np.float32)[grid], (1, len(rows), 3, 2, 4)).copy()
    heads = {Attention.HARD: logits}
    baseline = np.zeros((len(rows), 6), dtype=int)
    return FoldResult(repeat, 0, rows, rows, {"best": heads, "last": heads}, heads, baseline, "scoring")


def test_errors_are_averaged_over_repeats_before_patients_are_drawn(make_config, tmp_path):
    scores = [(0, 0, 0, 0, 0, 0), (1, 1, 1, 1, 1, 1), (3, 3, 3, 3, 3, 3)]
    patients = ["a", "a", "b"]
    samples = [
        Sample(tmp_path / f"{i}.png", patient, score=BrixiaScore(zones), second_score=BrixiaScore((1,) * 6))
        for i, (zones, patient) in enumerate(zip(scores, patients, strict=True))
    ]
    results = [_result(samples, [0, 1, 2], (0,) * 6), _result(samples, [0, 1, 2], (1,) * 6, repeat=1)]
    figures = summarise(samples, results, make_config(), Plan(folds=2, repeats=2))
    per_image = [0.5, 0.5, 2.5]  # mean of the answers 0 and 1
    zones = figures["readers"]["ha"]["zones"]
    assert zones["mean_absolute_error"] == pytest.approx(np.mean(per_image))
    assert zones["interval_95"] == pytest.approx(grouped_bootstrap_interval(per_image, patients))
    assert figures["readers"]["ha"]["global"]["mean_absolute_error"] == pytest.approx(6 * np.mean(per_image))
    assert figures["readers"]["median_floor"]["zones"]["mean_absolute_error"] == pytest.approx(4 / 3)
    assert figures["readers"]["second_radiologist"]["zones"]["mean_absolute_error"] == pytest.approx(1)


def test_the_ensemble_of_best_and_last_is_the_mean_of_their_probabilities(make_config, tmp_path):
    """Class 1 by the mean of the probabilities; the best weights alone say 0, the last 3, mean logits 2."""
    best, last = np.array([0.45, 0.39, 0.155, 0.005]), np.array([0.01, 0.13, 0.36, 0.5])
    assert np.log(best * last).argmax() == 2
    samples = [Sample(tmp_path / f"{i}.png", str(i), score=BrixiaScore((0,) * 6)) for i in range(2)]
    logits = {
        name: {Attention.HARD: np.tile(np.log(values).astype(np.float32), (1, 2, 3, 2, 1))}
        for name, values in (("best", best), ("last", last))
    }
    baseline = np.zeros((2, 6), dtype=int)
    result = FoldResult(0, 0, [0, 1], [0, 1], logits, logits["best"], baseline, "scoring")
    readers = summarise(samples, [result], make_config(), Plan(folds=2, repeats=1))["readers"]
    errors = {name: reader["zones"]["mean_absolute_error"] for name, reader in readers.items()}
    assert (errors["ha"], errors["ha_last"], errors["ha_best_and_last"]) == (0, 3, 1)


def test_the_reliability_image_shows_each_curve_where_its_points_are():
    def figures(accuracy):
        return {"ece": 0.1, "bins": [{"confidence": c, "accuracy": accuracy, "count": 10} for c in (0.3, 0.9)]}

    def drawn(as_trained, tempered):
        calibration = {"as_trained": figures(as_trained), "tempered": figures(tempered), "temperature": 1.5}
        return reliability_image(calibration)

    one, other = drawn(0.5, 0.5), drawn(0.5, 0.2)
    assert one.shape == other.shape
    assert one.dtype == np.uint8
    differing = np.nonzero((one != other).any(axis=-1))[0]
    assert 0 < len(differing) < one[..., 0].size / 10
    assert np.array_equal(one, drawn(0.5, 0.5))


def test_the_reliability_diagram_counts_every_zone_and_weighs_the_gaps():
    probabilities = np.full((2, 3, 2, 4), 0.1, np.float32)
    probabilities[0, ..., 2] = 0.7
    probabilities[1, ..., 0] = 0.7
    reference = np.full((2, 3, 2), 2)
    figures = reliability(probabilities, reference)
    (entry,) = figures["bins"]
    assert (entry["from"], entry["count"]) == (0.7, 12) or (entry["from"], entry["count"]) == (0.6, 12)
    assert entry["accuracy"] == 0.5
    assert figures["ece"] == pytest.approx(0.2, abs=1e-6)
    assert figures["cross_entropy"] == pytest.approx(-(np.log(0.7) + np.log(0.1)) / 2, abs=1e-6)


@pytest.mark.parametrize("truth", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_scores_is_found_again(truth):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 3, 2, 4)).astype(np.float32)
    chances = softmax(logits / np.float32(truth))
    reference = (rng.random((*chances.shape[:-1], 1)) > chances.cumsum(-1)).sum(-1).clip(max=3)
    found = fit_temperature(lambda temperature: softmax(logits / np.float32(temperature)), reference)
    assert found == pytest.approx(truth, rel=0.05)

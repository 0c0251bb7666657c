"""Repeated cross-validation by patient, and calibration."""

import dataclasses
import hashlib
import json
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
from accelerate import Accelerator

from bsnet_core.model.network_config import Attention
from bsnet_core.model.weights import load_model
from training import cli
from training.configuration.run_config import ConfigurationError
from training.configuration.sections import StageName
from training.cross_validation import fold_run
from training.cross_validation.fold_run import cross_validate
from training.cross_validation.folds import Plan
from training.export import WeightsChoice, export_model
from training.predictions.calibration import fit_temperature
from training.predictions.zone_predictions import final_probabilities
from training.run.run_data import load_data
from training.run.stage_run import run_stage


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
    interval = figures["calibration"]["global_interval"]
    assert card.config.common_error == interval["common_error"]
    assert 0 < interval["coverage"] <= 1
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
    assert [name for _, name, _, _ in seen] == list(config.stages)
    samples = load_data(config).samples
    for _, _, split, start in seen:
        assert start is None
        outlined = {sample.patient for sample in samples if sample.masks}
        assert outlined & split.test
        assert not split.test & (split.train | split.validation)


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

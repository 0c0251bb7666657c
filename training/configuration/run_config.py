"""The configuration of a training run: one TOML file in, one frozen RunConfig, written beside every result."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.model.network_config import BSNetConfig
from training.configuration.sections import (
    AugmentationConfig,
    CanonicalTarget,
    DataConfig,
    LossConfig,
    Precision,
    Selection,
    StageConfig,
    StageName,
)
from training.datasets.sources import SourceConfig, SourceKind

CACHE, RUNS = "cache", "runs"
"""Folders beside the configuration file, where it names none."""
PAPER_STAGES: Mapping[str, Mapping[str, Any]] = {
    stage.value: {"epochs": 80, "batch_size": 8, "learning_rate": 3e-2}
    | ({"freeze_batch_norm": False} if stage is StageName.END_TO_END else {})
    for stage in (StageName.SEGMENTATION, StageName.ALIGNMENT, StageName.SCORING, StageName.END_TO_END)
}
"""Paper 5.3."""


class ConfigurationError(BSNetError):
    """A configuration that cannot be used; the text names the file and the setting."""


@dataclass(frozen=True, slots=True)
class RunConfig:
    """One run.

    Attributes:
        name: Name of the run, for the model card; in a file without one, the file's.
        output: Folder for everything that the run writes; relative to the configuration file, where it is
            `runs/NAME` by default.
        data: The images, and how their patients are divided.
        model: The network.
        initial_encoder: Weights that the encoder starts from: "efficientnet-lite0-imagenet" (extra `pretrained`), or
            empty for random ones.
        seed: Seed of everything random but the split.
        precision: Arithmetic of the training steps.
        device: "auto" for CUDA, else Apple's MPS, else the CPU; or the name of one of them.
        selection: Validation value by which the scoring stages keep their best weights.
        pictures_every: Epochs between two sets of images in TensorBoard; 0 for none.
        target: Canonical pose that the alignment learns to reach.
        loss: The loss of the scoring heads.
        augmentation: Random transforms of the training images.
        stages: The settings of each stage that the run has; in a file without any, the paper's four.
    """

    name: str
    output: Path
    data: DataConfig
    model: BSNetConfig = field(default_factory=BSNetConfig)
    initial_encoder: str = ""
    seed: int = 0
    precision: Precision = Precision.FLOAT32
    device: str = "auto"
    selection: Selection = Selection.MAE
    pictures_every: int = 5
    target: CanonicalTarget = CanonicalTarget.AXIS_FILLED
    loss: LossConfig = field(default_factory=LossConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    stages: Mapping[StageName, StageConfig] = field(default_factory=dict)

    @classmethod
    def from_file(cls, path: Path, changes: Sequence[str] = ()) -> RunConfig:
        """Loads a TOML file; its folders are relative to the file itself. Only the data sets have to be named.

        A file may name another one in the same folder as its `base` and give only what differs.

        Args:
            path: The file.
            changes: Settings over those of the file, each as `section.name=value` with a value as in TOML; text needs
                no quotation marks.

        Raises:
            ConfigurationError: a missing file, invalid TOML, or a missing, unknown or unsuitable setting.
        """
        values = _load_toml(path)
        if "base" in values:
            # One level only: a person should need to look at two files, not at five.
            base = _load_toml(path.parent / str(values.pop("base")))
            values = _merged(base, values)
        values = {"stages": {stage: dict(settings) for stage, settings in PAPER_STAGES.items()}} | values
        for change in changes:
            values = _merged(values, parse_change(change))
        if "data" not in values:
            raise ConfigurationError(
                _(
                    "The configuration file {path} names no images. Write where they are under [[data.sources]], with "
                    "kind and folder, or let bsnet-train init FOLDER write a configuration."
                ).format(path=path)
            )
        try:
            return _run_from(values, path.resolve())
        except (TypeError, ValueError, KeyError) as error:
            raise ConfigurationError(
                _("The configuration file {path} cannot be used: {reason}.").format(path=path, reason=error)
            ) from error

    def stage(self, name: StageName) -> StageConfig:
        """The stage's settings.

        Raises:
            ConfigurationError: the file has no such stage.
        """
        if name not in self.stages:
            raise ConfigurationError(_("The configuration has no section [stages.{stage}].").format(stage=name.value))
        return self.stages[name]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, paths as text."""
        return {
            "name": self.name,
            "seed": self.seed,
            "precision": self.precision.value,
            "initial_encoder": self.initial_encoder,
            "target": self.target.value,
            "selection": self.selection.value,
            "pictures_every": self.pictures_every,
            "data": _fields(self.data)
            | {
                "sources": [{"kind": source.kind.value, "folder": str(source.folder)} for source in self.data.sources],
                "cache": str(self.data.cache),
            },
            "model": self.model.to_dict(),
            "loss": _fields(self.loss),
            "augmentation": _fields(self.augmentation),
            "stages": {name.value: _fields(stage) for name, stage in self.stages.items()},
        }

    def recipe(self) -> dict[str, Any]:
        """The settings that build and train the network, independent of the images and their division."""
        values = self.to_dict()
        return {name: value for name, value in values.items() if name not in ("name", "data", "pictures_every")}

    def settings_of(self, name: StageName) -> dict[str, Any]:
        """The settings that a checkpoint of this stage depends on: all but folders, device and other stages."""
        values = self.to_dict()
        values["data"] |= {"sources": [source.kind.value for source in self.data.sources], "cache": ""}
        values["stages"] = {name.value: values["stages"][name.value]}
        del values["pictures_every"]
        return values


def _load_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            _("The configuration file {path} cannot be loaded: {reason}.").format(path=path, reason=error.strerror)
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            _("The configuration file {path} is not valid TOML: {reason}.").format(path=path, reason=error)
        ) from error


def _merged(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The settings of `base` with those of `values` over them, table by table."""
    result = dict(base)
    for name, value in values.items():
        known = result.get(name)
        result[name] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return result


def _fields(instance: Any) -> dict[str, Any]:
    return {entry.name: getattr(instance, entry.name) for entry in dataclasses.fields(instance)}


def _source_from(values: dict[str, Any], folder: Path) -> SourceConfig:
    known = {"kind", "folder"}
    if values.keys() != known:
        raise ValueError(
            _("[[data.sources]] has the settings kind and folder: {names} is unknown or missing").format(
                names=", ".join(sorted(values.keys() ^ known))
            )
        )
    return SourceConfig(SourceKind(values["kind"]), (folder / values["folder"]).resolve())


def _stage_from(name: str, settings: Mapping[str, Any]) -> StageConfig:
    try:
        return StageConfig(**settings)
    except (TypeError, ValueError) as error:
        raise ValueError(f"[stages.{name}] {error}") from error


def parse_change(text: str) -> dict[str, Any]:
    """The table that `section.name=value` stands for.

    Raises:
        ConfigurationError: it is not so written.
    """
    name, sign, value = text.partition("=")
    parts = name.strip().split(".")
    if not sign or not all(re.fullmatch(r"[\w-]+", part) for part in parts):
        raise ConfigurationError(
            _("Write a setting as section.name=value, such as stages.scoring.epochs=20; got {text}.").format(text=text)
        )
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    for part in reversed(parts):
        parsed = {part: parsed}
    return dict(parsed)


def _run_from(values: dict[str, Any], path: Path) -> RunConfig:
    folder = path.parent
    name = str(values.pop("name", path.stem))
    data = dict(values.pop("data"))
    data["sources"] = tuple(_source_from(source, folder) for source in data.get("sources", ()))
    data["cache"] = (folder / data.get("cache", CACHE)).resolve()
    stages = {StageName(name): _stage_from(name, settings) for name, settings in values.pop("stages").items()}
    return RunConfig(
        name=name,
        output=(folder / values.pop("output", f"{RUNS}/{name}")).resolve(),
        data=DataConfig(**data),
        model=BSNetConfig.from_dict(values.pop("model", {})),
        precision=Precision(values.pop("precision", Precision.FLOAT32)),
        selection=Selection(values.pop("selection", Selection.MAE)),
        target=CanonicalTarget(values.pop("target", CanonicalTarget.AXIS_FILLED)),
        loss=LossConfig(**values.pop("loss", {})),
        augmentation=AugmentationConfig(**values.pop("augmentation", {})),
        stages=stages,
        **values,
    )

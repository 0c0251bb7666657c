"""A first configuration, written for the data sets that a folder holds: `bsnet-train init`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from training.configuration.run_config import CACHE, PAPER_STAGES, RUNS, ConfigurationError
from training.datasets.sources import SourceConfig, SourceKind

DEEPEST = 2
"""Levels of folders that are searched below the one given."""


@dataclass(frozen=True, slots=True)
class FoundDataSet:
    """A data set as it was found.

    Attributes:
        source: Its kind and folder.
        images, with_masks, with_scores: Numbers of images, of those with a lung mask, and with a Brixia score.
    """

    source: SourceConfig
    images: int
    with_masks: int
    with_scores: int

    def __str__(self) -> str:
        words = _("{kind}: {images} images, {masks} with lung masks, {scores} with Brixia scores, in {folder}")
        return words.format(
            kind=self.source.kind.value,
            images=self.images,
            masks=self.with_masks,
            scores=self.with_scores,
            folder=self.source.folder,
        )


def write_configuration(folder: Path, file: Path) -> list[FoundDataSet]:
    """Looks for data sets and writes a commented configuration that uses them all.

    Args:
        folder: A data set, or a folder with data sets in it, at most two levels below.
        file: The configuration to write; one that exists is left as it is.

    Returns:
        The data sets, in the order of the file.

    Raises:
        ConfigurationError: there is no such folder, no data set in it, or `file` exists or cannot be written.
    """
    if not folder.is_dir():
        raise ConfigurationError(_("There is no folder {folder}.").format(folder=folder))
    found = list(_search(folder.resolve(), DEEPEST))
    if not found:
        kinds = ", ".join(kind.value for kind in SourceKind)
        raise ConfigurationError(
            _(
                "No data set was found in {folder}. Known are: {kinds}; docs/training.md says how each is laid out."
            ).format(folder=folder, kinds=kinds)
        )
    try:
        with file.open("x", encoding="utf-8") as text:
            text.write(configuration_text(found, file.resolve().parent))
    except FileExistsError as error:
        raise ConfigurationError(_("{file} exists and was left as it is.").format(file=file)) from error
    except OSError as error:
        raise ConfigurationError(
            _("The configuration {file} could not be written: {reason}.").format(file=file, reason=error.strerror)
        ) from error
    return found


def _search(folder: Path, depth: int) -> Iterator[FoundDataSet]:
    here = [found for kind in SourceKind if (found := _load(SourceConfig(kind, folder))) is not None]
    if here or depth == 0:
        yield from here[:1]  # a folder is one data set
        return
    for below in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        yield from _search(below, depth - 1)


def _load(source: SourceConfig) -> FoundDataSet | None:
    try:
        samples = source.load()
    except (BSNetError, OSError):
        return None
    if not samples:
        return None
    with_masks = sum(bool(sample.masks) for sample in samples)
    return FoundDataSet(source, len(samples), with_masks, sum(sample.score is not None for sample in samples))


def configuration_text(found: list[FoundDataSet], beside: Path) -> str:
    """The text of a configuration for these data sets; folders are relative to `beside`."""
    lines = [
        "# Written by bsnet-train init. Only the data sets have to be named; the rest is as in the paper.",
        "# Every setting is described in training/configuration/sections.py; worked examples are in training/configs.",
        "# A setting can also be given on the command line: --set stages.scoring.epochs=20",
        "",
        f'# output = "{RUNS}/NAME"  # everything that the run writes; relative to this file, NAME is that of this file',
        '# precision = "bfloat16"  # about twice as fast where the processor supports it',
        "",
        "[data]",
        f'# cache = "{CACHE}"  # preprocessed images; relative to this file',
        "# validation_share = 0.15  # of the patients",
        "# test_share = 0.25",
        "",
    ]
    for each in found:
        place = Path(os.path.relpath(each.source.folder, beside)).as_posix()
        lines += [
            f"# {each.images} images, {each.with_masks} with lung masks, {each.with_scores} with Brixia scores",
            "[[data.sources]]",
            f'kind = "{each.source.kind.value}"',
            f"folder = {json.dumps(place, ensure_ascii=False)}",
            "",
        ]
    lines += [
        "# The paper's stages, which are the default. With a section for one stage, only those with sections are run."
    ]
    for stage, settings in PAPER_STAGES.items():
        lines += [f"# [stages.{stage}]", *(f"# {name} = {json.dumps(value)}" for name, value in settings.items()), "#"]
    return "\n".join(lines[:-1]) + "\n"

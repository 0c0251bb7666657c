"""The runs below a folder, one line each, with the figures that their results state: `bsnet-train runs`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bsnet_core.language import translate as _
from training.configuration.run_config import ConfigurationError
from training.run.run_record import RUN_RECORD

FIGURES: Mapping[str, tuple[str, ...]] = {
    "zones": ("cross-validation.json", "readers", "*", "zones", "mean_absolute_error"),
    "global": ("cross-validation.json", "readers", "*", "global", "mean_absolute_error"),
    "ece": ("cross-validation.json", "calibration", "as_trained", "ece"),
    "dice": ("evaluation.json", "lungs", "dice", "mean"),
}
"""Name of a column, and where its figure stands: the file, then the keys; the star is the head that is shipped."""
HIGHER_IS_BETTER = ("dice",)
ORDERS = ("changed", "name", *FIGURES)
HEADS = ("ens", "ha", "sa")


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run.

    Attributes:
        folder: Its folder, relative to the one that was searched.
        name: Its name.
        stages: Epochs of each stage that was begun: done, and planned.
        figures: The figures that it has, by the name of their column.
        changed: When anything of it was last written.
    """

    folder: str
    name: str
    stages: dict[str, tuple[int, int]]
    figures: dict[str, float]
    changed: datetime


def list_runs(folder: Path, order: str = "changed") -> list[ListedRun]:
    """The runs in and below a folder.

    Args:
        folder: The folder; runs of a cross-validation's folds are no runs of their own.
        order: One of `ORDERS`: the last changed first, by name, or the best figure first and runs without it last.

    Raises:
        ConfigurationError: there is no such folder, or no run in it.
    """
    if not folder.is_dir():
        raise ConfigurationError(_("There is no folder {folder}.").format(folder=folder))
    records = (record for record in folder.rglob(RUN_RECORD) if not _is_fold(record.parent, folder))
    found = [_run_of(record.parent, folder) for record in records]
    if not found:
        raise ConfigurationError(_("There is no run in {folder}.").format(folder=folder))
    if order == "changed":
        return sorted(found, key=lambda run: run.changed, reverse=True)
    if order == "name":
        return sorted(found, key=lambda run: (run.name, run.folder))
    sign = -1.0 if order in HIGHER_IS_BETTER else 1.0
    return sorted(found, key=lambda run: sign * run.figures[order] if order in run.figures else float("inf"))


def as_table(runs: Sequence[ListedRun]) -> str:
    """The runs as aligned columns under a head."""
    rows = [("folder", "name", "stages", *FIGURES, "changed")]
    for run in runs:
        stages = " ".join(f"{stage} {done}/{planned}" for stage, (done, planned) in run.stages.items())
        figures = (f"{run.figures[name]:.3f}" if name in run.figures else "–" for name in FIGURES)
        rows.append((run.folder, run.name, stages or "–", *figures, run.changed.strftime("%Y-%m-%d %H:%M")))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _is_fold(run: Path, folder: Path) -> bool:
    return "cross-validation" in run.relative_to(folder).parts


def _run_of(run: Path, folder: Path) -> ListedRun:
    record = _json(run / RUN_RECORD)
    configuration = record.get("configuration", {})
    stages = {}
    for stage, settings in configuration.get("stages", {}).items():
        history = _json(run / stage / "history.json")
        if isinstance(history, list):
            stages[stage] = len(history), int(settings.get("epochs", 0))
    files = [path.stat().st_mtime for path in run.rglob("*") if path.is_file()]
    return ListedRun(
        str(run.relative_to(folder)) if run != folder else run.resolve().name,
        str(configuration.get("name", "–")),
        stages,
        {name: value for name, place in FIGURES.items() if (value := _figure(run, place)) is not None},
        datetime.fromtimestamp(max(files)).astimezone(),
    )


def _figure(run: Path, place: tuple[str, ...]) -> float | None:
    values = _json(run / place[0])
    for key in place[1:]:
        if not isinstance(values, dict):
            return None
        found = next((head for head in HEADS if head in values), "") if key == "*" else key
        values = values.get(found)
    return float(values) if isinstance(values, int | float) else None


def _json(path: Path) -> Any:
    """The content of a file; empty if it is missing or half written."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}

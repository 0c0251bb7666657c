"""The file of a model's figures."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from bsnet_core.private_files import write_private_json
from training.elsewhere.json_lines import damaged
from training.evaluation.estimated_figures import Figure


def write_figures(file: Path, figures: Sequence[Figure]) -> None:
    """Writes figures as JSON."""
    write_private_json(file, [dataclasses.asdict(figure) for figure in figures])
    file.chmod(0o644)


def load_figures(file: Path) -> list[Figure]:
    """The figures of a file; none if there is no such file.

    Raises:
        DamagedStoreError: the file holds something else.
    """
    if not file.exists():
        return []
    try:
        return [Figure(**values) for values in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise damaged(file) from error

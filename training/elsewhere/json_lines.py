"""Files of one JSON object a line, written line by line: an interrupted one is whole but for its last line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _


class DamagedStoreError(BSNetError):
    """A file of stored answers or figures that cannot be loaded; the text names it."""


def load_lines(file: Path) -> list[dict[str, Any]]:
    """The objects of a file; none if there is no such file. A last line that was cut off is removed from it.

    Raises:
        DamagedStoreError: another line is no JSON object.
    """
    if not file.exists():
        return []
    *lines, last = file.read_text(encoding="utf-8").split("\n")
    try:
        values = [json.loads(line) for line in lines]
    except ValueError as error:
        raise damaged(file) from error
    if last:
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if not all(isinstance(value, dict) for value in values):
        raise damaged(file)
    return values


def add_line(file: Path, values: dict[str, Any]) -> None:
    """Adds an object at the end of a file."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")


def damaged(file: Path) -> DamagedStoreError:
    """The error that names a file."""
    return DamagedStoreError(_("The file {file} is damaged. Delete it to measure again.").format(file=file))

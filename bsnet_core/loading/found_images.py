"""The result of looking for images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bsnet_core.errors import BSNetError


@dataclass(frozen=True)
class FoundImages:
    """Files to load, and those that could not be opened on the way.

    Attributes:
        files: The files in the order to show them.
        rejections: Files or folders that were left out, wholly or in part, each with the reason.
        notes: Files or folders on which there is something to say though nothing went wrong, each with a sentence.
        on_medium: Those of the files that lie beside the directory of a medium, which may be slow or taken out.
    """

    files: tuple[Path, ...]
    rejections: tuple[tuple[Path, BSNetError], ...] = ()
    notes: tuple[tuple[Path, str], ...] = ()
    on_medium: frozenset[Path] = frozenset()

"""What looking for images comes to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bsnet_core.errors import BSNetError


@dataclass(frozen=True)
class FoundImages:
    """Files to read, and what could not be opened on the way; the rest goes on without it.

    Attributes:
        files: In the order to show them.
        rejections: A file or folder, and why it, or part of it, was left out.
        on_medium: Whether the files were named by the directory of a medium, which may be slow and may be taken out.
    """

    files: tuple[Path, ...]
    rejections: tuple[tuple[Path, BSNetError], ...] = ()
    on_medium: bool = False

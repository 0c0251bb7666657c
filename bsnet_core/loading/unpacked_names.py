"""Names from an archive as names of files: none leads out, every file system accepts them, no two collide."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

MAX_NAME_BYTES = 100
MAX_PATH_BYTES = 1000
"""A file with a longer path is unpacked without its folders."""
RESERVED_NAMES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def leads_out(name: str, parts: tuple[str, ...]) -> bool:
    """Whether a path in an archive is absolute, or leads to a folder above it, on any system."""
    return ".." in parts or name.replace("\\", "/").startswith("/") or re.match(r"[A-Za-z]:", parts[0]) is not None


class UnpackedNames:
    """Gives each file of an archive its path below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._given: Counter[Path] = Counter()

    def free_path(self, parts: tuple[str, ...]) -> Path:
        """A path with the entry's cleaned names, numbered if the name is taken; its folder is made."""
        names = [clean_name(part) for part in parts]
        if len("/".join(names).encode()) > MAX_PATH_BYTES:
            names = names[-1:]
        place = self._folder.joinpath(*names[:-1])
        while place != self._folder and place.exists() and not place.is_dir():
            place = place.with_name(place.name + "_")
        place.mkdir(parents=True, exist_ok=True)
        first = path = place / names[-1]
        while path.exists():
            self._given[first] += 1
            path = place / f"{first.stem}-{self._given[first] + 1}{first.suffix}"
        return path


def clean_name(part: str) -> str:
    """A name that every file system accepts, as close to the archive's as possible."""
    name = "".join(char if char.isprintable() and char not in '<>:"|?*/\\' else "_" for char in part).strip(" .")
    if len(name.encode()) > MAX_NAME_BYTES:
        suffix = Path(name).suffix[:10]
        kept = name.encode()[: MAX_NAME_BYTES - len(suffix.encode())]
        name = kept.decode(errors="ignore").rstrip(" .") + suffix
    return f"_{name}" if not name or RESERVED_NAMES.fullmatch(name) else name

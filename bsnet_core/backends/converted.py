"""Where converted networks and their admissions are kept: the user's cache, for its owner only.

One folder per weights, backend, version of the library and version of the conversion: whatever changes, the network is
converted and measured anew.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

CONVERSION = 1
"""Raised when the conversion changes what it gives."""
LUNG_FINDER, ZONE_SCORER = "lung-finder", "zone-scorer"


def folder_of(backend: str, weights_sha256: str) -> Path:
    """The folder of a converted network; it need not exist."""
    version = importlib.metadata.version("openvino")
    cache = Path(platformdirs.user_cache_dir("bsnet-viewer", appauthor=False)) / "backends"
    return cache / f"{weights_sha256[:16]}-{backend}-{version}-{CONVERSION}"


def is_converted(folder: Path) -> bool:
    """Whether a folder holds a whole network."""
    return all((folder / f"{name}.{end}").is_file() for name in (LUNG_FINDER, ZONE_SCORER) for end in ("xml", "bin"))


def keep(folder: Path, write: Callable[[Path], None]) -> None:
    """Makes a folder by `write`, whole or not at all, in the place of an earlier one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o700)
    temporary = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".tmp", dir=folder.parent))  # mode 0700
    try:
        write(temporary)
        for path in temporary.iterdir():
            path.chmod(0o600)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sha256_of(folder: Path) -> str:
    """One hash over the network's files: an admission belongs to the very bytes that were measured."""
    total = hashlib.sha256()
    for name in (LUNG_FINDER, ZONE_SCORER):
        for end in ("xml", "bin"):
            total.update(hashlib.sha256((folder / f"{name}.{end}").read_bytes()).digest())
    return total.hexdigest()

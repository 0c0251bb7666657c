"""The place of converted networks and their admissions: the user's cache, readable by its owner only.

There is one folder per weights, backend, version of the library and version of the conversion: when any of these
changes, the network is converted and measured again.
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

from bsnet_core.private_files import make_private_folder

CONVERSION = 1
"""Increased when the conversion gives another result."""
LUNG_FINDER, ZONE_SCORER = "lung-finder", "zone-scorer"


def folder_of(backend: str, weights_sha256: str) -> Path:
    """The folder of a converted network; it need not exist."""
    version = importlib.metadata.version("openvino")
    cache = Path(platformdirs.user_cache_dir("bsnet-viewer", appauthor=False)) / "backends"
    return cache / f"{weights_sha256[:16]}-{backend}-{version}-{CONVERSION}"


def is_converted(folder: Path) -> bool:
    """Whether a folder contains a complete converted network."""
    return all((folder / f"{name}.{end}").is_file() for name in (LUNG_FINDER, ZONE_SCORER) for end in ("xml", "bin"))


def keep(folder: Path, write: Callable[[Path], None]) -> None:
    """Fills a folder by `write`, wholly or not at all; replaces an earlier one.

    Raises:
        OSError: the disk is full or may not be written to.
    """
    make_private_folder(folder.parent)
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
    """One hash over the network's files: an admission holds for exactly the bytes that were measured."""
    total = hashlib.sha256()
    for name in (LUNG_FINDER, ZONE_SCORER):
        for end in ("xml", "bin"):
            total.update(hashlib.sha256((folder / f"{name}.{end}").read_bytes()).digest())
    return total.hexdigest()

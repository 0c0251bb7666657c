"""Where the viewer keeps its own files; readable by their owner only."""

from __future__ import annotations

from pathlib import Path

import platformdirs

APP_NAME = "bsnet-viewer"
LIBRARY_NAME = "library.sqlite3"


def config_dir() -> Path:
    """The settings folder, made if missing."""
    return _private(Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)))


def log_dir() -> Path:
    """The log folder, made if missing."""
    return _private(Path(platformdirs.user_log_dir(APP_NAME, appauthor=False)))


def data_dir() -> Path:
    """The folder of the library, made if missing."""
    return _private(Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)))


def charts_cache_dir() -> Path:
    """The folder of what matplotlib keeps about this machine, made if missing."""
    _private(Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False)))
    return _private(Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False)) / "charts")


def library_file() -> Path:
    """The library of films, predictions and readings; its folder is made if missing."""
    return data_dir() / LIBRARY_NAME


def _private(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder

"""Folders of the viewer's own files, readable by their owner only."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from bsnet_core.private_files import make_private_folder

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
    """The folder of matplotlib's cache, made if missing."""
    _private(Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False)))
    return _private(Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False)) / "charts")


def predictions_cache_dir() -> Path:
    """The folder of predictions that are not computed again; whoever keeps one makes it: the viewer can do without."""
    return Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False)) / "predictions"


def outbox_dir() -> Path:
    """The folder of DICOM objects that are to be sent; its parent is made if missing."""
    return data_dir() / "outbox"


def node_dir() -> Path:
    """The folder in which `bsnet-node` keeps where it is; its parent is made if missing."""
    return data_dir() / "node"


def library_file() -> Path:
    """The library of images, predictions and readings; its folder is made if missing."""
    return data_dir() / LIBRARY_NAME


def folder_for_exports(last: Path | None) -> Path:
    """An existing folder to propose for a file that the user saves: the last one, else documents, else home."""
    documents = Path(platformdirs.user_documents_dir())
    return next((folder for folder in (last, documents) if folder is not None and folder.is_dir()), Path.home())


def _private(folder: Path) -> Path:
    make_private_folder(folder)
    folder.chmod(0o700)  # one that existed may be open to others
    return folder

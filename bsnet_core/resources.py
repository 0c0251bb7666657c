"""The folder of the files shipped with the program, and the sample images in it."""

from __future__ import annotations

from pathlib import Path


def resources_dir() -> Path:
    """The folder of weights, samples and icons: inside the installed package, or beside the sources."""
    installed = Path(__file__).parent / "resources"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "resources"


def sample_files() -> list[Path]:
    """The bundled sample images, sorted; the first is the one to show."""
    return sorted((resources_dir() / "samples").glob("*.dcm"))

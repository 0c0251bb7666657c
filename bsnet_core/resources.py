"""Where the files shipped with the program lie."""

from __future__ import annotations

from pathlib import Path

from bsnet_core.errors import WeightsError


def resources_dir() -> Path:
    """The folder of weights, samples and icons: inside the installed package, else beside the sources."""
    installed = Path(__file__).parent / "resources"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "resources"


def sample_files() -> list[Path]:
    """The bundled sample studies, sorted; the first is the one to show."""
    return sorted((resources_dir() / "samples").glob("*.dcm"))


def default_model_dir() -> Path:
    """The shipped model's folder.

    Raises:
        WeightsError: no model, or more than one, is installed.
    """
    weights = resources_dir() / "weights"
    folders = sorted(card.parent for card in weights.glob("*/model.json"))
    if len(folders) != 1:
        # Imported here: the catalogues themselves lie among the resources.
        from bsnet_core.language import translate as _

        if not folders:
            problem = _("There is no model in {folder}. Install the program again, or name a model folder.")
        else:
            problem = _("There is more than one model in {folder}. Install the program again, or name a model folder.")
        raise WeightsError(problem.format(folder=weights))
    return folders[0]

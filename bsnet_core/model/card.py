"""The model folder and the card in it, read without the network's libraries: a wrong folder is noticed at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bsnet_core.errors import WeightsError
from bsnet_core.language import translate as _
from bsnet_core.model.network_config import BSNetConfig
from bsnet_core.resources import resources_dir

CARD_NAME = "model.json"
WEIGHTS_NAME = "model.safetensors"
CARD_FORMAT = 1


@dataclass(frozen=True)
class ModelCard:
    """The description of a model: its weights, its training data and its figures.

    Attributes:
        name, version: Name and version of the weights.
        config: The model's configuration.
        sha256: Hash of the weights file.
        licence: Licence of the weights.
        intended_use: Intended use, in words.
        data: Data sets, counts, licences, split.
        recipe: Training settings.
        metrics: Figures measured on patients not trained on.
    """

    name: str
    version: str
    config: BSNetConfig
    sha256: str
    licence: str
    intended_use: str
    data: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)


def default_model_dir() -> Path:
    """The shipped model's folder.

    Raises:
        WeightsError: no model, or more than one, is installed.
    """
    weights = resources_dir() / "weights"
    folders = sorted(card.parent for card in weights.glob(f"*/{CARD_NAME}"))
    if not folders:
        problem = _("There is no model in {folder}. Reinstall the program, or specify a model folder.")
        raise WeightsError(problem.format(folder=weights))
    if len(folders) > 1:
        problem = _("There is more than one model in {folder}. Reinstall the program, or specify a model folder.")
        raise WeightsError(problem.format(folder=weights))
    return folders[0]


def load_card(folder: Path) -> ModelCard:
    """Loads the model card alone.

    Raises:
        WeightsError: no card, or one that this version does not know.
    """
    path = folder / CARD_NAME
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(
            _("{path} is not a usable model card. Choose a folder that holds a model.").format(path=path)
        ) from error
    except ValueError as error:
        raise WeightsError(_("The model card {path} is damaged. Reinstall the model.").format(path=path)) from error
    try:
        if values["format"] != CARD_FORMAT:
            raise ValueError(f"format {values['format']}")
        return ModelCard(
            name=values["name"],
            version=values["version"],
            config=BSNetConfig.from_dict(values["configuration"]),
            sha256=values["weights"]["sha256"],
            licence=values["licence"],
            intended_use=values["intended_use"],
            data=values["data"],
            recipe=values["recipe"],
            metrics=values["metrics"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            _("The model card {path} does not describe a model this version knows: {error}.").format(
                path=path, error=error
            )
        ) from error

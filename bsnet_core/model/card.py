"""The model card beside the weights: read without the network's libraries, so that a wrong folder is told at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bsnet_core.errors import WeightsError
from bsnet_core.language import translate as _
from bsnet_core.model.network_config import BSNetConfig

CARD_NAME = "model.json"
WEIGHTS_NAME = "model.safetensors"
CARD_FORMAT = 1


@dataclass(frozen=True)
class ModelCard:
    """What a model is, what it was trained on and how well it did.

    Attributes:
        name, version: Of the weights.
        config: The model's configuration.
        sha256: Of the weights file.
        licence: What the weights may be used for.
        intended_use: In words.
        data: Data sets, counts, licences, split.
        recipe: How it was trained.
        metrics: Measured on patients kept from training.
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


def read_card(folder: Path) -> ModelCard:
    """Reads the model card alone.

    Raises:
        WeightsError: no card, or one that this version cannot read.
    """
    path = folder / CARD_NAME
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(
            _("There is no readable model card {path}. Choose a folder that holds a model.").format(path=path)
        ) from error
    except ValueError as error:
        raise WeightsError(_("The model card {path} is damaged. Install the model again.").format(path=path)) from error
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

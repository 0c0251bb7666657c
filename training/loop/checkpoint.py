"""The state of a stage, written whole or not at all: a resumed stage ends as if it had never stopped."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bsnet_core.language import translate as _
from bsnet_core.private_files import write_private
from training.configuration.run_config import ConfigurationError


@dataclass(frozen=True)
class Checkpoint:
    """The state after a whole epoch.

    Attributes:
        epoch: Number of finished epochs.
        best_value: Lowest validation value so far.
        model, optimizer, scheduler: State dictionaries.
        average: State dictionary of the running average of the weights; empty if there is none.
        history: One row of numbers per epoch.
        settings: The run's configuration with the hashes of data, split and start weights; a resumed run must match.
    """

    epoch: int
    best_value: float
    model: dict[str, Any]
    optimizer: dict[str, Any]
    scheduler: dict[str, Any]
    average: dict[str, Any]
    history: list[dict[str, float]]
    settings: str

    def write(self, path: Path) -> None:
        """Replaces `path` in one step."""
        content = io.BytesIO()
        torch.save({name: getattr(self, name) for name in self.__dataclass_fields__}, content)
        write_private(path, content.getvalue())

    @classmethod
    def load(cls, path: Path, settings: str) -> Checkpoint:
        """Loads `path`; tensors are on the CPU.

        Raises:
            ConfigurationError: the file is damaged, or was written with other settings.
        """
        try:
            values = torch.load(path, map_location="cpu", weights_only=True)
            checkpoint = cls(**values)
        except Exception as error:
            raise ConfigurationError(
                _("The checkpoint {path} cannot be loaded: {reason}").format(path=path, reason=error)
            ) from error
        if checkpoint.settings != settings:
            raise ConfigurationError(
                _(
                    "The checkpoint {path} was written with other settings, other data, another split or other start "
                    "weights. Use another output folder, or remove it."
                ).format(path=path)
            )
        return checkpoint

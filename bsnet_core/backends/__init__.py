"""The backends that compute the network: torch, the reference, or an accelerated library admitted on this machine.

This module holds names only, so that commands can list them without loading a library.
"""

from __future__ import annotations

TORCH = "torch"
OPENVINO = "openvino"
OPENVINO_INT8 = "openvino-int8"
AUTO = "auto"
ACCELERATED_BACKENDS = (OPENVINO, OPENVINO_INT8)
BACKEND_CHOICES = (AUTO, TORCH, *ACCELERATED_BACKENDS)

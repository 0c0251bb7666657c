"""The device that the network runs on."""

import pytest
import torch

from bsnet_core.device import choose_device
from bsnet_core.errors import UnforeseenError


def test_a_device_that_is_not_there_is_a_sentence():

    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(UnforeseenError, match="cuda"):
        choose_device("cuda")
    assert choose_device("auto").type in ("cpu", "mps")

"""The encoder, chosen by name."""

import dataclasses

import pytest

from bsnet_core.model.bsnet import BSNet
from tests.bsnet_core.model.networks import SMALL


def test_an_unknown_encoder_is_refused_by_name():
    with pytest.raises(ValueError, match="nonesuch"):
        BSNet(dataclasses.replace(SMALL, encoder="nonesuch"))

"""The configuration of a model as plain values."""

import dataclasses

import pytest

from bsnet_core.model.network_config import BSNetConfig, HeadVariant
from tests.bsnet_core.model.networks import SMALL


def test_a_configuration_survives_json_and_refuses_what_it_does_not_know():
    import json

    config = dataclasses.replace(SMALL, head=HeadVariant.BIFPN, temperature=1.3)
    assert BSNetConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(ValueError, match="colour"):
        BSNetConfig.from_dict({"colour": "red"})
    for wrong in ({"levels": 6}, {"side_px": 100}, {"attentions": ()}, {"temperature": 0.0}, {"attentions": ("ens",)}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            dataclasses.replace(config, **wrong)

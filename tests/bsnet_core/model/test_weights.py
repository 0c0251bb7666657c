import dataclasses
import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from bsnet_core.errors import RejectionCode, WeightsError
from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.card import ModelCard
from bsnet_core.model.weights import load_model, save_model
from tests.bsnet_core.model.networks import SMALL


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    card = ModelCard("small", "1.2", SMALL, "", "research", "tests", metrics={"dice": 0.5})
    save_model(tmp_path / "model", BSNet(SMALL), card)
    return tmp_path / "model"


def test_a_saved_model_comes_back_in_half_precision_with_its_card(folder):
    torch.manual_seed(0)
    original = BSNet(SMALL)
    model, card = load_model(folder)
    assert card.name == "small"
    assert card.config == SMALL
    assert card.metrics == {"dice": 0.5}
    assert len(card.sha256) == 64
    for name, tensor in original.state_dict().items():
        assert torch.allclose(model.state_dict()[name].float(), tensor.float(), rtol=1e-3, atol=1e-6)
    stored = load_file(folder / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values() if tensor.is_floating_point()} == {torch.float16}


def test_a_flipped_bit_is_noticed_and_the_file_named(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged") as caught:
        load_model(folder)
    assert str(path) in str(caught.value)
    assert caught.value.code is RejectionCode.WEIGHTS


def rewrite(folder, state):
    """Other weights under a card that claims them."""
    import hashlib

    save_file(state, folder / "model.safetensors")
    card = json.loads((folder / "model.json").read_text())
    card["weights"]["sha256"] = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(card))


@pytest.mark.parametrize("fault", ["missing", "unknown", "shape", "nan"])
def test_weights_that_do_not_fit_are_never_loaded_in_part(folder, fault):
    state = load_file(folder / "model.safetensors")
    name = next(name for name, tensor in state.items() if tensor.dim() > 1)
    if fault == "missing":
        del state[name]
    elif fault == "unknown":
        state["extra"] = torch.zeros(1)
    elif fault == "shape":
        state[name] = state[name][:1].contiguous()
    else:
        state[name] = torch.full_like(state[name], float("nan"))
    rewrite(folder, state)
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        load_model(folder)


def test_weights_of_another_configuration_are_refused(folder):
    card = json.loads((folder / "model.json").read_text())
    card["configuration"]["encoder"] = "resnet18"
    (folder / "model.json").write_text(json.dumps(card))
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        load_model(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', '{"format": 1}'])
def test_a_damaged_card_is_refused_by_name(folder, content):
    (folder / "model.json").write_text(content)
    with pytest.raises(WeightsError, match=r"model\.json"):
        load_model(folder)


def test_a_missing_folder_or_file_is_refused_by_name(folder, tmp_path):
    with pytest.raises(WeightsError, match="nowhere"):
        load_model(tmp_path / "nowhere")
    (folder / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        load_model(folder)


def test_a_head_the_model_does_not_have_is_refused(tmp_path):
    config = dataclasses.replace(SMALL, attentions=("sa",))
    save_model(tmp_path, BSNet(config), ModelCard("one", "1", config, "", "", ""))
    from bsnet_core.model.network_config import Attention

    assert Predictor.load(tmp_path, "cpu").attention is Attention.SOFT
    with pytest.raises(WeightsError, match="'ha'"):
        Predictor.load(tmp_path, "cpu", Attention.HARD)
    with pytest.raises(WeightsError, match="'ens'"):
        Predictor.load(tmp_path, "cpu", Attention.ENSEMBLE)

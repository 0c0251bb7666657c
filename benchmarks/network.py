"""The forward pass of the shipped model."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch

from benchmarks.timing import Row, compare
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.card import default_model_dir
from bsnet_core.model.network_config import Attention
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.model.weights import load_model

ROUNDS = 7


def forward_pass() -> list[Row]:
    """Both memory layouts, then the heads one by one.

    Raises:
        WeightsError: no model is installed.
    """
    model, card = load_model(default_model_dir())
    if not isinstance(model, BSNet):
        raise TypeError("The shipped model is not a BS-Net.")
    layouts = {"NCHW": torch.contiguous_format, "channels last": torch.channels_last}
    models = {name: copy.deepcopy(model).to(memory_format=layout) for name, layout in layouts.items()}
    images = torch.rand(1, 1, card.config.side_px, card.config.side_px, generator=torch.Generator().manual_seed(0))

    def way(layout: str, heads: Sequence[Attention]) -> Callable[[], object]:
        batch = images.contiguous(memory_format=layouts[layout])

        def run() -> None:
            with torch.inference_mode():
                features = models[layout].encode(batch)
                probability = lung_probability(models[layout].segment(features))
                models[layout].score(features, probability, models[layout].align(probability), heads)

        return run

    heads = card.config.attentions
    ways = {f"{layout}, {'both heads' if len(heads) > 1 else heads[0]}": way(layout, heads) for layout in layouts}
    if len(heads) > 1:
        ways |= {f"channels last, {head} alone": way("channels last", [head]) for head in heads}
    return compare(ways, ROUNDS)

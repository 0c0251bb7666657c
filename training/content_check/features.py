"""Features of examples by a model's backbone: what the content check's head is fitted to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from bsnet_core.inference.content_image import content_image, for_backbone, plain_statistics
from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.content_head import content_features
from training.content_check.examples import Example

BATCH = 16


@dataclass(frozen=True)
class FeatureTable:
    """Features of many examples, without their pixels.

    Attributes:
        features: (N, F) float32.
        labels: (N, 13) float32, NaN where the example does not tell.
        sources, kinds: As in `Example`.
    """

    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]
    sources: tuple[str, ...]
    kinds: tuple[str, ...]

    def where(self, chosen: npt.NDArray[np.bool_]) -> FeatureTable:
        """The chosen rows."""
        return FeatureTable(
            self.features[chosen],
            self.labels[chosen],
            tuple(np.array(self.sources, dtype=object)[chosen]),
            tuple(np.array(self.kinds, dtype=object)[chosen]),
        )

    def of_kinds(self, *kinds: str) -> FeatureTable:
        """The rows of some kinds."""
        return self.where(np.isin(np.array(self.kinds, dtype=object), kinds))


def feature_table(model: BSNet, examples: Iterable[Example], what: str) -> FeatureTable:
    """Runs the backbone on examples, which may be made one after the other.

    Args:
        model: In evaluation mode.
        examples: Not empty.
        what: What they are for, shown beside the progress.
    """
    device = next(model.parameters()).device
    parts, labels, sources, kinds = [], [], [], []
    with tqdm(desc=what, unit=_("image"), disable=None) as bar, torch.inference_mode():
        for batch in _batches(examples):
            squares = [content_image(example.pixels) for example in batch]
            images = torch.from_numpy(np.stack([for_backbone(square) for square in squares]))[:, None].to(device)
            statistics = torch.from_numpy(np.stack([plain_statistics(square) for square in squares])).to(device)
            images = images.contiguous(memory_format=torch.channels_last)
            parts.append(content_features(model.encode(images), statistics).cpu().numpy())
            labels += [example.labels for example in batch]
            sources += [example.source for example in batch]
            kinds += [example.kind for example in batch]
            bar.update(len(batch))
    return FeatureTable(np.concatenate(parts), np.stack(labels), tuple(sources), tuple(kinds))


def _batches(examples: Iterable[Example]) -> Iterator[list[Example]]:
    remaining = iter(examples)
    while batch := list(islice(remaining, BATCH)):
        yield batch

"""Fits the content check of a model folder, measures it and writes it into the folder: `bsnet-train content-check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bsnet_core.errors import WeightsError
from bsnet_core.inference.content_check import save_content_check
from bsnet_core.language import translate as _
from bsnet_core.model.backbone import level_channels
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.weights import load_model
from training.content_check.examples import (
    Example,
    KnownImage,
    Part,
    altered_example,
    drawn_examples,
    example_as_it_is,
    load_known_images,
    other_examples,
    slightly_changed_example,
)
from training.content_check.features import FeatureTable, feature_table
from training.content_check.figures import content_figures, figure_lines
from training.content_check.fitting import fit_head, fit_limits
from training.datasets.other_images import OtherImage, load_other_images
from training.datasets.sample import DataSetError
from training.datasets.sources import SourceConfig, SourceKind
from training.images.alterations import Alteration, Pixels, Rng

MEASURED_SOURCES = frozenset({
    "pydicom", "pydicom-data", "deid-data", "mate-backgrounds", "lomiri-wallpapers-16.04", "mahotas", "nilearn",
})  # fmt: skip
"""Folders and packages of other images that measure the check; all others are fitted to."""
MOST_OF_A_SOURCE = 120
"""Images of one source of other images."""
POOL = 40
"""Radiographs that others are put beside."""
SMALL_SIDE_PX = 256
"""Sources of smaller images count as many: they get fewer alterations each."""
EASY = frozenset({
    Alteration.INVERTED, Alteration.UPSIDE_DOWN, Alteration.ROTATED_90, Alteration.ROTATED_270, Alteration.MOSAIC,
})  # fmt: skip
"""Alterations that a few examples suffice for."""
EASY_WEIGHT = 0.4
HARD = frozenset({Alteration.OVEREXPOSED, Alteration.UNDEREXPOSED, Alteration.MIRRORED})
"""Alterations that need many."""
HARD_WEIGHT = 2.5
DRAWINGS = 200
MEASURED_ALTERED = 80
"""Radiographs that are altered in every way to measure the check."""


def fit_content_check(folder: Path, sources: Sequence[SourceConfig], others: Path | None, seed: int = 0) -> list[str]:
    """Fits, measures and writes the content check of the model in `folder`.

    Patients are divided by `part_of`: those kept apart measure, a fifth sets the limits, the rest is fitted to.

    Args:
        folder: A model folder; its check, if it has one, is replaced.
        sources: Data sets of frontal chest radiographs of adults.
        others: Folder with a folder of images for each source of images that are no chest radiographs; None for the
            installed packages alone.
        seed: Of everything drawn at random.

    Returns:
        The figures in lines.

    Raises:
        WeightsError: no model there, or one without a backbone of its own.
        DataSetError: a data set cannot be loaded, or there is too little.
    """
    model, card = load_model(folder)
    if not isinstance(model, BSNet):
        raise WeightsError(_("The baseline has no content check."))
    model = model.to(memory_format=torch.channels_last)
    rng = np.random.default_rng(seed)
    known = [image for source in sources for image in load_known_images(source.kind.value, source.load())]
    by_part = {part: [image for image in known if image.part is part] for part in Part}
    if not all(by_part.values()):
        raise DataSetError(_("There are too few images to fit and measure the content check."))
    other = _capped(load_other_images(others), rng)
    measured_other = [image for image in other if image.source in MEASURED_SOURCES]
    fitted_other = [image for image in other if image.source not in MEASURED_SOURCES]
    tables: dict[Part, FeatureTable] = {}
    for part, examples in (
        (Part.FITTED, _fitted(by_part[Part.FITTED], fitted_other, rng)),
        (Part.THRESHOLDS, _unaltered(by_part[Part.THRESHOLDS], rng)),
        (Part.MEASURED, _measured(by_part[Part.MEASURED], measured_other, rng)),
    ):
        tables[part] = feature_table(model, examples, part.name.lower())
    head = fit_head(tables[Part.FITTED], level_channels(model.encoder), seed)
    limits = fit_limits(head, tables[Part.THRESHOLDS])
    figures = content_figures(head, limits, tables[Part.MEASURED])
    about: dict[str, Any] = {
        "data": {
            "radiographs": {part.name.lower(): _counts(by_part[part]) for part in Part},
            "other_images_fitted": dict(Counter(image.source for image in fitted_other)),
            "other_images_measured": dict(Counter(image.source for image in measured_other)),
            "sources": sorted({credit for source in sources for credit in source.credits}),
        },
        "figures": figures,
    }
    save_content_check(folder, head, limits, card.sha256, about)
    return figure_lines(figures)


def source_of(text: str) -> SourceConfig:
    """A data set from its kind and folder as "kind=folder".

    Raises:
        DataSetError: no such kind.
    """
    kind, _equals, folder = text.partition("=")
    try:
        return SourceConfig(SourceKind(kind), Path(folder))
    except ValueError as error:
        raise DataSetError(_("There is no kind of data set named {name}.").format(name=kind)) from error


def _fitted(known: Sequence[KnownImage], other: Sequence[OtherImage], rng: Rng) -> Iterator[Example]:
    pool = _pool(known, rng)
    kinds = list(Alteration)
    weights = np.array([EASY_WEIGHT if kind in EASY else HARD_WEIGHT if kind in HARD else 1.0 for kind in kinds])
    for image in known:
        yield example_as_it_is(image)
        if min(image.pixels.shape) < SMALL_SIDE_PX and rng.random() < 0.5:
            yield slightly_changed_example(image, rng)
            continue
        count = 1 if min(image.pixels.shape) < SMALL_SIDE_PX else 6
        for _number in range(count // 3):
            yield slightly_changed_example(image, rng)
        for index in rng.choice(len(kinds), count, replace=False, p=weights / weights.sum()):
            yield altered_example(image, kinds[index], rng, pool, alone=False)
    yield from other_examples(other, rng, crops=3)
    yield from drawn_examples(DRAWINGS, rng)


def _unaltered(known: Sequence[KnownImage], rng: Rng) -> Iterator[Example]:
    for image in known:
        yield example_as_it_is(image)
        for _number in range(0 if min(image.pixels.shape) < SMALL_SIDE_PX else 2):
            yield slightly_changed_example(image, rng)


def _measured(known: Sequence[KnownImage], other: Sequence[OtherImage], rng: Rng) -> Iterator[Example]:
    pool = _pool(known, rng)
    for image in known:
        yield example_as_it_is(image)
    for index in rng.permutation(len(known))[:MEASURED_ALTERED]:
        for kind in Alteration:
            yield altered_example(known[index], kind, rng, pool)
    yield from other_examples(other, rng, crops=2)


def _pool(known: Sequence[KnownImage], rng: Rng) -> list[Pixels]:
    return [known[index].values for index in rng.permutation(len(known))[:POOL]]


def _capped(images: Sequence[OtherImage], rng: Rng) -> list[OtherImage]:
    kept: list[OtherImage] = []
    for source in sorted({image.source for image in images}):
        of_source = [image for image in images if image.source == source]
        kept += [of_source[index] for index in rng.permutation(len(of_source))[:MOST_OF_A_SOURCE]]
    return kept


def _counts(known: Sequence[KnownImage]) -> dict[str, int]:
    return dict(Counter(image.source for image in known))

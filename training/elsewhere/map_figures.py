"""Figures on explanation maps: means over images of what was measured on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.elsewhere.mapped_images import MappedImage, names_of_measures
from training.elsewhere.model_figures import MINUS, PartFigures
from training.evaluation.estimated_figures import Figure, difference_of, figure_of
from training.evaluation.estimates import Measure
from training.evaluation.statistics_of_rows import mean


def map_figures(part: str, images: Mapping[str, Sequence[MappedImage]]) -> PartFigures:
    """The figures of every model, and paired differences of the last model and each of the others.

    Args:
        part: Name of the part.
        images: Measured images by model, from old to new.
    """
    of_models = {
        model: [figure_of(part, model, _mean(measured, name)) for name in names_of_measures(measured)]
        for model, measured in images.items()
    }
    *olds, new = images
    differences: list[Figure] = []
    for old in olds:
        for name in names_of_measures(images[new]):
            mine, other = (_with(images[model], name) for model in (new, old))
            common = [image for image in mine if image in other]
            if common:
                pair = [_mean([measured[image] for image in common], name) for measured in (mine, other)]
                differences.append(difference_of(part, MINUS.format(new, old), *pair))
    return PartFigures(of_models, differences, [])


def _with(images: Sequence[MappedImage], name: str) -> dict[str, MappedImage]:
    return {image.image: image for image in images if name in image.values}


def _mean(images: Sequence[MappedImage], name: str) -> Measure:
    having = list(_with(images, name).values())
    patients = tuple(image.patient for image in having)
    return Measure(name, mean([image.values[name] for image in having]), patients, len(having))

"""Explanation maps of a network, measured on the images of a folder, or on images with outlines of disease."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from bsnet_core.backends import TORCH
from bsnet_core.errors import BSNetError
from bsnet_core.explanation import Mode
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import find_images, load_radiograph
from training.datasets.sample import DataSetError
from training.evaluation.explanation_figures import table, write_figures
from training.evaluation.explanation_maps import methods
from training.evaluation.explanation_measures import SEED, Measured, measure, zone_to_explain
from training.evaluation.outlines import load_outlines


@dataclass(frozen=True, slots=True)
class MappedImage:
    """An image whose maps are measured.

    Attributes:
        name: Its name in the results.
        file: The image.
        outlines: Bit masks of radiologists' outlines (`load_outlines`); None if there is none.
        group: The patient; the image counts alone if empty.
    """

    name: str
    file: Path
    outlines: Path | None = None
    group: str = ""


def evaluate_explanations(
    model_dir: Path | None,
    folder: Path,
    images: int,
    mode: Mode = Mode.FAST,
    out: Path | None = None,
    *,
    outlines: Path | None = None,
    maps: Sequence[str] = (),
) -> str:
    """Measures up to `images` images of a folder that have a zone above 0, and returns a table.

    Torch computes everything, on a GPU if there is one: a map must not be measured against the curves of a backend of
    lower precision.

    Args:
        model_dir: Model folder; the shipped model if None.
        folder: Folder of images, taken in a random order that is the same every time.
        images: Largest number of images.
        mode: Mode of the super-pixel maps.
        out: JSON file, rewritten after every image, so that an interrupted run keeps its results.
        outlines: Folder of bit masks named as the images; then only images with a mask are measured.
        maps: Names of the maps; the usual ones if empty.

    Raises:
        DataSetError: no image of the folder can be explained, or a map is not known.
    """
    predictor = Predictor.load(model_dir, backend=TORCH)
    files = find_images(folder)
    shuffled = [files[index] for index in np.random.default_rng(SEED).permutation(len(files))]
    masks = {} if outlines is None else {file.stem: file for file in sorted(outlines.glob("*.png"))}
    chosen = [
        MappedImage(file.relative_to(folder).as_posix(), file, masks.get(file.stem))
        for file in shuffled
        if outlines is None or file.stem in masks
    ]

    def write(results: Sequence[Measured]) -> None:
        if out is not None:
            write_figures(out, predictor, mode, results)

    results = measure_images(predictor, chosen, mode, maps, write, images)
    if not results:
        raise DataSetError(f"No image in {folder} has a zone to explain.")
    return f"{_computed_how(predictor)}\n{table(results)}"


def measure_images(
    predictor: Predictor,
    images: Iterable[MappedImage],
    mode: Mode = Mode.FAST,
    maps: Sequence[str] = (),
    on_results: Callable[[Sequence[Measured]], None] | None = None,
    most: int | None = None,
) -> list[Measured]:
    """Measures maps of the most severe zone of every image; images that are rejected or scored 0 are left out.

    Args:
        predictor: Its backend should be torch.
        images: The images.
        mode: Mode of the super-pixel maps.
        maps: Names of the maps (`training.evaluation.explanation_maps.methods`); the usual ones if empty.
        on_results: Given all results so far, after every image.
        most: Largest number of images measured; all if None.

    Raises:
        DataSetError: outlines cannot be opened, or a map is not known.
    """
    makers = methods(mode, predictor, maps)
    results: list[Measured] = []
    chosen, done = list(images), 0
    with tqdm(total=min(len(chosen), most or len(chosen)), desc="images", disable=None) as bar:
        for image in chosen:
            if done == most:
                break
            try:
                prediction = predictor.predict(load_radiograph(image.file))
            except BSNetError:
                continue  # not a frontal radiograph
            zone = zone_to_explain(prediction)
            if zone is None:
                continue
            outlines = None if image.outlines is None else load_outlines(image.outlines, prediction.frames)
            results += measure(predictor, prediction, zone, image.name, makers, outlines, image.group)
            done += 1
            bar.update()
            if on_results is not None:
                on_results(results)
    return results


def _computed_how(predictor: Predictor) -> str:
    how = f"computed by {predictor.backend} on {predictor.device}"
    if predictor.device.type != "cpu":
        how += "; there the only approximation of fast maps is the faster super-pixels: their values are exact"
    return how

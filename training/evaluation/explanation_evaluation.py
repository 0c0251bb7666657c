"""Explanation maps of a network, measured on the images of a folder."""

from __future__ import annotations

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
from training.evaluation.explanation_measures import SEED, Measured, measure, zone_to_explain


def evaluate_explanations(
    model_dir: Path | None, folder: Path, images: int, mode: Mode = Mode.FAST, out: Path | None = None
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

    Raises:
        DataSetError: no image of the folder can be explained.
    """
    predictor = Predictor.load(model_dir, backend=TORCH)
    files = find_images(folder)
    shuffled = [files[index] for index in np.random.default_rng(SEED).permutation(len(files))]
    results: list[Measured] = []
    done = 0
    with tqdm(total=min(images, len(files)), desc="images", disable=None) as bar:
        for file in shuffled:
            if done == images:
                break
            try:
                prediction = predictor.predict(load_radiograph(file))
            except BSNetError:
                continue  # not a frontal radiograph
            zone = zone_to_explain(prediction)
            if zone is None:
                continue
            results += measure(predictor, prediction, zone, file.relative_to(folder).as_posix(), mode)
            done += 1
            bar.update()
            if out is not None:
                write_figures(out, predictor, mode, results)
    if not results:
        raise DataSetError(f"No image in {folder} has a zone to explain.")
    return f"{_computed_how(predictor)}\n{table(results)}"


def _computed_how(predictor: Predictor) -> str:
    how = f"computed by {predictor.backend} on {predictor.device}"
    if predictor.device.type != "cpu":
        how += "; there the only approximation of fast maps is the faster super-pixels: their values are exact"
    return how

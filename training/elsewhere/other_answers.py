"""Answers for images that show no chest: photographs, CT, MR and others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bsnet_core.inference.predictor import Predictor
from training.datasets.other_images import load_other_images
from training.elsewhere.altered_images import as_radiograph
from training.elsewhere.answer_store import AnswerStore
from training.elsewhere.answers import Answer, answer_for
from training.elsewhere.notes_figures import KIND_ENDS

ANSWERS = "other-images"
LARGEST = 400


def other_answers(store: AnswerStore, predictor: Predictor | None, folder: Path | None) -> Mapping[str, Answer]:
    """A model's answers for images of the installed packages and of a folder; only what is stored without a model.

    Every image is given as its pixels alone, as if exported: what its file says of it would be too easy. Of more than
    `LARGEST` images a random choice is taken, the same every time.

    Raises:
        DataSetError: the folder is missing.
    """
    if predictor is None:
        return store.answers(ANSWERS)
    images = load_other_images(folder)
    chosen = [images[index] for index in np.random.default_rng(0).permutation(len(images))[:LARGEST]]
    names = [f"{image.source}{KIND_ENDS}{image.name}" for image in chosen]

    def answer(index: int) -> Answer:
        return answer_for(predictor, as_radiograph(chosen[index].pixels), names[index], names[index])

    return store.complete(ANSWERS, names, answer)

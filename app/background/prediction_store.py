"""Predictions on the disk: an image that the same weights have scored before is not analysed again."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.background.network import ModelChoice
from bsnet_core.inference.packed_prediction import pack, unpack
from bsnet_core.model.card import ModelCard, default_model_dir, load_card
from bsnet_core.private_files import make_private_folder, write_private

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction
    from bsnet_core.radiograph import Radiograph

log = logging.getLogger(__name__)
DISTRIBUTION = "bsnet-viewer"
SUFFIX = ".prediction"
KEPT_FILES = 2000
"""About 400 MB; those not used for longest go first."""
COUNTED_EVERY = 50
"""Predictions kept between two looks at how many there are."""


class PredictionStore:
    """A folder of predictions, each named by a hash of the image's pixels, the weights and the program's version.

    May be lost at any moment: what is missing or damaged is computed again. For worker threads.
    """

    def __init__(self, folder: Path, most: int = KEPT_FILES) -> None:
        """Args: most: Files that stay; older ones are deleted now and then."""
        self._folder, self._most = folder, most
        self._version = importlib.metadata.version(DISTRIBUTION)
        self._kept = 0

    def find(self, radiograph: Radiograph, choice: ModelChoice) -> Prediction | None:
        """The prediction of these pixels by this model; None if there is none.

        Raises:
            WeightsError: there is no such model.
            UnsuitableImageError: by what its file states now, the image must not be scored.
        """
        card = _card_of(choice)
        path = self._path(radiograph, choice, card)
        try:
            packed = path.read_bytes()
        except OSError:
            return None
        try:
            prediction = unpack(packed, radiograph, card)
        except ValueError:
            log.info("A kept prediction was damaged")
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        with contextlib.suppress(OSError):
            path.touch()
        return prediction

    def keep(self, radiograph: Radiograph, choice: ModelChoice, prediction: Prediction) -> None:
        """Keeps a prediction; a full disk is no reason to fail."""
        try:
            make_private_folder(self._folder.parent)
            make_private_folder(self._folder)
            write_private(self._path(radiograph, choice, _card_of(choice)), pack(prediction))
            self._kept += 1
            if self._kept % COUNTED_EVERY == 1:
                self._delete_oldest()
        except OSError as error:
            log.info("A prediction could not be kept: %s", error.strerror)

    def _delete_oldest(self) -> None:
        files = [(path.stat().st_mtime, path) for path in self._folder.glob(f"*{SUFFIX}")]
        for _used_at, path in sorted(files)[: max(len(files) - self._most, 0)]:
            path.unlink(missing_ok=True)

    def _path(self, radiograph: Radiograph, choice: ModelChoice, card: ModelCard) -> Path:
        made_by = (self._version, card.sha256, choice.attention, radiograph.shape)
        of_image = (radiograph.metadata.patient_orientation, radiograph.repairs)
        digest = hashlib.sha256(repr((made_by, of_image)).encode("utf-8"))
        digest.update(np.ascontiguousarray(radiograph.pixels).data)
        return self._folder / f"{digest.hexdigest()}{SUFFIX}"


def _card_of(choice: ModelChoice) -> ModelCard:
    return load_card(choice.model_dir or default_model_dir())

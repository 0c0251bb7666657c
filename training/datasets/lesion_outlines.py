"""Outlines of lungs and disease by radiologists, one file of bit masks per image (Cohen collection)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.language import translate as _
from training.datasets.sample import MaskSizeError, UnreadableFileError

Outline = npt.NDArray[np.bool_]
PATIENTS_RIGHT_LUNG, PATIENTS_LEFT_LUNG, GROUND_GLASS, CONSOLIDATION, TUBES = 1, 2, 4, 8, 16


@dataclass(frozen=True)
class LesionOutlines:
    """Outlines of one image, each (H, W) bool on the image's pixel grid.

    Attributes:
        patients_right_lung, patients_left_lung: The lungs.
        ground_glass, consolidation: The two kinds of opacity; they may overlap.
        tubes: Tubes, lines and probes.
    """

    patients_right_lung: Outline
    patients_left_lung: Outline
    ground_glass: Outline
    consolidation: Outline
    tubes: Outline

    @property
    def lungs(self) -> Outline:
        """Inside either lung."""
        return self.patients_right_lung | self.patients_left_lung

    @property
    def disease(self) -> Outline:
        """Inside an opacity of either kind."""
        return self.ground_glass | self.consolidation


def load_lesion_outlines(path: Path, image_shape: tuple[int, int]) -> LesionOutlines:
    """Loads a file of bit masks.

    Args:
        path: The file.
        image_shape: (height, width) of its image in pixels.

    Raises:
        UnreadableFileError: not an 8-bit image of one channel, or with a bit that stands for nothing.
        MaskSizeError: of another size than its image.
    """
    try:
        bits = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error) as error:
        raise UnreadableFileError(
            _("The outlines {path} cannot be loaded: {reason}.").format(path=path, reason=error)
        ) from error
    if bits is None or bits.dtype != np.uint8 or bits.ndim != 2 or bits.max() > 31:
        raise UnreadableFileError(_("The outlines {path} are not bit masks of one channel.").format(path=path))
    if bits.shape != image_shape:
        raise MaskSizeError(
            _("The outlines {path} have another size than their image: {size}, {image_size}.").format(
                path=path, size=bits.shape, image_size=image_shape
            )
        )
    kinds = (PATIENTS_RIGHT_LUNG, PATIENTS_LEFT_LUNG, GROUND_GLASS, CONSOLIDATION, TUBES)
    return LesionOutlines(*((bits & kind) > 0 for kind in kinds))

"""The place of the zones on an average radiograph, for a reader who must not see where the network found the lungs."""

from __future__ import annotations

import numpy as np

from bsnet_core.frames import Affine, Aspect, Frames
from bsnet_core.standard_orientation import StandardOrientation

USUAL_ALIGNMENT: Affine = np.array([[0.81, 0.0, 0.0], [0.0, 0.75, -0.07]])
"""Median of the shipped network's alignments on 75 radiographs of three collections, without tilt and side shift."""
SIDE_PX = 512
"""Any number: the alignment is in shares of the image."""


def usual_frames(image_shape: tuple[int, int], patient_orientation: tuple[str, str] | None) -> Frames:
    """Frames whose zones lie where they lie on most radiographs; they depend on nothing that is in the image.

    Args:
        image_shape: (height, width) of the stored image in pixels.
        patient_orientation: The file's patient orientation, PS3.3 C.7.6.1.1.1; None if it states none.
    """
    turn = StandardOrientation.of(patient_orientation)
    return Frames.fit(image_shape, SIDE_PX, Aspect.STRETCH, turn).with_alignment(USUAL_ALIGNMENT)

"""The canonical pose of the lungs in closed form: the target of the alignment network.

The mask is rotated until the lungs are vertical, cropped to its bounding box with a margin of 3 pixels and stretched to
fill the frame, so that aligned lungs fill the ROI grid. The authors rotate by the principal axis; but the two axes of a
pair of lungs are nearly equal in length, and the direction of the line through both lungs' centres varies less between
images. Lungs that touch are not two pieces; the line through the centres of the left and the right half works for them
too, with a frame that follows the lungs' standard deviation instead of their box (`bsnet_core.model.lung_pose`).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch

from bsnet_core.model.lung_pose import ANATOMICAL_TILT_DEG, lung_pose
from training.configuration.sections import CanonicalTarget

MARGIN_PX = 3.0
SECOND_LUNG_SHARE = 0.2
"""A second piece smaller than this share of the first is not a lung."""


def principal_angle_deg(mask: npt.NDArray[np.bool_]) -> float:
    """Rotation of the principal axis nearest to the vertical, in degrees, clockwise positive, within ±45.

    An empty mask gives 0.
    """
    rows, columns = np.nonzero(mask)
    if len(rows) < 3:
        return 0.0
    covariance = np.cov(np.stack([columns, rows]).astype(np.float64))
    _, axes = np.linalg.eigh(covariance)
    # Two lungs side by side can be wider than high: take the axis nearer to the vertical.
    vertical = axes[:, int(np.argmax(np.abs(axes[1])))]
    vertical = vertical if vertical[1] > 0 else -vertical
    return float(np.degrees(np.arctan2(-vertical[0], vertical[1])))


def lung_centres_angle_deg(mask: npt.NDArray[np.bool_]) -> float:
    """Tilt of the line through both lungs' centres, in degrees, clockwise positive, less the anatomical tilt.

    Falls back on the principal axis if the mask is not two pieces.
    """
    _, _, statistics, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = statistics[1:, cv2.CC_STAT_AREA]
    if len(areas) < 2:
        return principal_angle_deg(mask)
    second, first = np.argsort(areas)[-2:]
    if areas[second] < SECOND_LUNG_SHARE * areas[first]:
        return principal_angle_deg(mask)
    pair = centres[[first + 1, second + 1]]
    left, right = pair[np.argsort(pair[:, 0])]
    return float(np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0]))) - ANATOMICAL_TILT_DEG


def canonical_alignment(
    mask: npt.NDArray[np.bool_], target: CanonicalTarget, margin_px: float = MARGIN_PX
) -> npt.NDArray[np.float64]:
    """The (2, 3) normalised matrix (aligned to mask frame) that shows the mask in canonical pose.

    Args:
        mask: (S, S) lungs. An empty mask gives the identity.
        target: The canonical pose; `ORIGINAL` gives the identity.
        margin_px: Margin around the bounding box in pixels of the mask; not used for `HALVES_SPREAD`.
    """
    if target is CanonicalTarget.ORIGINAL or not mask.any():
        return np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    if target is CanonicalTarget.HALVES_SPREAD:
        lungs = torch.from_numpy(mask.astype(np.float32))[None, None]
        return np.asarray(lung_pose(lungs)[0], dtype=np.float64)
    side = mask.shape[0]
    tilt_deg = principal_angle_deg if target is CanonicalTarget.AXIS_FILLED else lung_centres_angle_deg
    angle = np.radians(tilt_deg(mask))
    # Columns of `rotation` are the canonical axes x and y in the mask's frame.
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = np.concatenate([contour[:, 0, :] for contour in contours]).astype(np.float64) + 0.5
    standard = outline @ rotation
    low, high = standard.min(axis=0) - margin_px, standard.max(axis=0) + margin_px
    half_size = (high - low) / 2
    centre = rotation @ ((low + high) / 2)
    linear = rotation * (half_size / (side / 2))
    offset = centre / (side / 2) - 1
    return np.hstack([linear, offset[:, None]])

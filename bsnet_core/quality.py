"""Notes for the reader when something looks wrong with a picture or with the network's view of it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import Zone
from bsnet_core.frames import Frames

MIN_LUNG_SHARE = 0.08
MAX_LUNG_SHARE = 0.62
NO_LUNG_SHARE = 0.02
PIECE_SHARE = 0.02
"""Pieces smaller than this share of the lung mask do not count."""
MAX_ANGLE_DEG = 25.0
MIN_SIDE_PX = 384
LOW_CONFIDENCE = 0.4
"""The classes are four, so chance is 0.25; the shipped weights seldom give a class more than 0.6."""
SIDE_BALANCE = 0.2


def lungs_are_missing(lung_probability: npt.NDArray[np.float32], frames: Frames) -> bool:
    """Whether the segmentation found next to nothing that looks like lungs."""
    return _lung_share(lung_probability, frames) < NO_LUNG_SHARE


def quality_notes(
    lung_probability: npt.NDArray[np.float32],
    frames: Frames,
    zone_probabilities: npt.NDArray[np.float32],
    *,
    blank_share: float,
) -> tuple[str, ...]:
    """Sentences on what looks wrong; empty where nothing does.

    Args:
        lung_probability: (S, S) in [0, 1], network frame.
        frames: With the alignment of the prediction.
        zone_probabilities: (3, 2, 4).
        blank_share: Share of the picture that has its lowest value, in [0, 1].
    """
    notes = []
    share = _lung_share(lung_probability, frames)
    if share < MIN_LUNG_SHARE:
        notes.append(f"The lungs found cover only {share:.0%} of the picture: check the lung outline.")
    elif share > MAX_LUNG_SHARE:
        notes.append(f"The lungs found cover {share:.0%} of the picture: check the lung outline.")
    pieces, balance = _pieces(lung_probability)
    if pieces > 2:
        notes.append(f"The lung outline has {pieces} large pieces instead of two.")
    elif pieces == 1 or balance < SIDE_BALANCE:
        notes.append("Only one lung was outlined, or one is much smaller than the other: check the lung outline.")
    angle = frames.alignment_angle_deg
    if abs(angle) > MAX_ANGLE_DEG:
        notes.append(f"The lungs were turned by {abs(angle):.0f}° to align them; over {MAX_ANGLE_DEG:.0f}° is unusual.")
    if min(frames.image_shape) < MIN_SIDE_PX:
        notes.append(f"The picture is small ({frames.image_shape[1]} × {frames.image_shape[0]} pixels).")
    if blank_share > 0.5:
        notes.append("Over half of the picture is empty.")
    unsure = [zone.name for zone in Zone if zone_probabilities[zone.row, zone.column].max() < LOW_CONFIDENCE]
    if unsure:
        zones = "zone" if len(unsure) == 1 else "zones"
        notes.append(f"Low confidence in {zones} {', '.join(unsure)}.")
    return tuple(notes)


def _lung_share(lung_probability: npt.NDArray[np.float32], frames: Frames) -> float:
    left, top, width, height = frames.box
    return float((lung_probability[top : top + height, left : left + width] >= 0.5).mean())


def _pieces(lung_probability: npt.NDArray[np.float32]) -> tuple[int, float]:
    """How many large pieces, and the second's area as a share of the first's."""
    mask = (lung_probability >= 0.5).astype(np.uint8)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(mask)
    areas = np.sort(statistics[1:, cv2.CC_STAT_AREA])[::-1]
    large = areas[areas >= PIECE_SHARE * max(int(mask.sum()), 1)]
    return len(large), float(large[1] / large[0]) if len(large) > 1 else 0.0

"""Notes for the reader if something looks wrong with an image or with the network's result."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import Zone
from bsnet_core.frames import Frames
from bsnet_core.inference.lung_fragments import FRAGMENT_SHARE, without_fragments
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count

MIN_LUNG_SHARE = 0.08
MAX_LUNG_SHARE = 0.62
NO_LUNG_SHARE = 0.02
MAX_ANGLE_DEG = 25.0
MIN_SIDE_PX = 200
"""Severity is scored as well at 224 pixels a side as at 768; below, detail is missing."""
LOW_CONFIDENCE = 0.4
"""With four classes, chance is 0.25; the shipped weights seldom give a class more than 0.6."""
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
    """Sentences on what looks wrong; empty if nothing does.

    Args:
        lung_probability: (S, S) in [0, 1], network frame.
        frames: Frames with the alignment of the prediction.
        zone_probabilities: (3, 2, 4), rows upper to lower, column 0 = A B C.
        blank_share: Share of the image that has its lowest value, in [0, 1].
    """
    notes = []
    share = _lung_share(lung_probability, frames)
    if share < MIN_LUNG_SHARE:
        note = _("The lungs found cover only {share} of the image: check the lung outline.")
        notes.append(note.format(share=f"{share:.0%}"))
    elif share > MAX_LUNG_SHARE:
        note = _("The lungs found cover {share} of the image: check the lung outline.")
        notes.append(note.format(share=f"{share:.0%}"))
    pieces, balance = _pieces(lung_probability)
    if pieces > 2:
        notes.append(_("The lung outline has {count} large pieces instead of two.").format(count=pieces))
        away = without_fragments(lung_probability)[1]
        if away:
            note = translate_count(
                "{count} of them, away from the lungs, is not drawn.",
                "{count} of them, away from the lungs, are not drawn.",
                away,
            )
            notes.append(note.format(count=away))
    elif pieces == 1 or balance < SIDE_BALANCE:
        notes.append(_("Only one lung was outlined, or one is much smaller than the other: check the lung outline."))
    angle = abs(frames.alignment_angle_deg)
    if angle > MAX_ANGLE_DEG:
        note = _("The lungs were rotated by {angle}° to align them; more than {limit}° is unusual.")
        notes.append(note.format(angle=f"{angle:.0f}", limit=f"{MAX_ANGLE_DEG:.0f}"))
    height, width = frames.image_shape
    if min(height, width) < MIN_SIDE_PX:
        notes.append(_("The image is small ({width} × {height} pixels).").format(width=width, height=height))
    if blank_share > 0.5:
        notes.append(_("More than half of the image is empty."))
    unsure = [zone.name for zone in Zone if zone_probabilities[zone.row, zone.column].max() < LOW_CONFIDENCE]
    if unsure:
        note = translate_count("Low confidence in zone {zones}.", "Low confidence in zones {zones}.", len(unsure))
        notes.append(note.format(zones=", ".join(unsure)))
    return tuple(notes)


def _lung_share(lung_probability: npt.NDArray[np.float32], frames: Frames) -> float:
    left, top, width, height = frames.box
    return float((lung_probability[top : top + height, left : left + width] >= 0.5).mean())


def _pieces(lung_probability: npt.NDArray[np.float32]) -> tuple[int, float]:
    """Number of large pieces, and the second's area as a share of the first's."""
    mask = (lung_probability >= 0.5).astype(np.uint8)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(mask)
    areas = np.sort(statistics[1:, cv2.CC_STAT_AREA])[::-1]
    large = areas[areas >= FRAGMENT_SHARE * max(int(mask.sum()), 1)]
    return len(large), float(large[1] / large[0]) if len(large) > 1 else 0.0

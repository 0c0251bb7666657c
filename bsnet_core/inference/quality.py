"""Notes for the reader if something looks wrong with an image or with the network's result."""

from __future__ import annotations

from dataclasses import dataclass

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
LARGE_PIECE_SHARE = 0.1
"""Share of the lung mask from which on a third piece is worth a note."""
MAX_ANGLE_DEG = 40.0
MIN_SIDE_PX = 200
"""Severity is scored as well at 224 pixels a side as at 768; below, detail is missing."""
LOW_CONFIDENCE = 0.4
"""With four classes, chance is 0.25; the shipped weights seldom give a class more than 0.6."""
SIDE_BALANCE = 0.2
"""Share of the larger lung's area below which the other is much smaller."""
NARROW = 0.75
"""A piece of less width than this share of its height is one lung, a wider one may be two that touch each other."""


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
    pieces = _largest_pieces(lung_probability, frames)
    large = sum(piece.share >= LARGE_PIECE_SHARE for piece in pieces)
    if large > 2:
        notes.append(_("The lung outline has {count} large pieces instead of two.").format(count=large))
        away = without_fragments(lung_probability)[1]
        if away:
            note = translate_count(
                "{count} of them, away from the lungs, is not drawn.",
                "{count} of them, away from the lungs, are not drawn.",
                away,
            )
            notes.append(note.format(count=away))
    elif pieces and pieces[0].is_narrow and (len(pieces) == 1 or pieces[1].share < SIDE_BALANCE * pieces[0].share):
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


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of the lung mask: its share of the mask's area, and whether it is too narrow for two lungs."""

    share: float
    is_narrow: bool


def _largest_pieces(lung_probability: npt.NDArray[np.float32], frames: Frames) -> list[_Piece]:
    """The pieces that are not small, the largest first."""
    mask = (lung_probability >= 0.5).astype(np.uint8)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(mask)
    found = statistics[1:][np.argsort(statistics[1:, cv2.CC_STAT_AREA])[::-1]]
    shares = found[:, cv2.CC_STAT_AREA] / max(int(mask.sum()), 1)
    _left, _top, box_width, box_height = frames.box
    height, width = frames.image_shape
    stretch = (width / box_width) / (height / box_height)  # image pixels per network pixel, across and down
    widths, heights = found[:, cv2.CC_STAT_WIDTH] * stretch, found[:, cv2.CC_STAT_HEIGHT]
    return [
        _Piece(float(share), bool(is_narrow))
        for share, is_narrow in zip(shares, widths < NARROW * heights, strict=True)
        if share >= FRAGMENT_SHARE
    ]

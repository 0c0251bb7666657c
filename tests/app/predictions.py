"""A prediction with known content, for what is drawn and written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from app.session.open_image import ImageState, OpenImage
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.explanation import Explanation
from bsnet_core.frames import Aspect, Frames
from bsnet_core.inference.prediction import ModelIdentity, Prediction
from bsnet_core.model.network_config import Attention

SIDE = 64
IMAGE_SHAPE = (400, 320)


def alignment(angle_deg: float = 0.0, scale: float = 0.7) -> np.ndarray:
    """The aligned frame is the middle `scale` of the picture, turned clockwise by `angle_deg`."""
    cosine, sine = scale * math.cos(math.radians(angle_deg)), scale * math.sin(math.radians(angle_deg))
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0]])


def prediction(
    score: str = "012321", confidence: float = 0.7, angle_deg: float = 0.0, quality: tuple[str, ...] = ()
) -> Prediction:
    """The given scores, all with the given confidence; lungs are two upright boxes in the aligned frame."""
    probabilities = np.full((3, 2, 4), (1 - confidence) / 3, dtype=np.float32)
    scores = BrixiaScore.from_text(score)
    for zone in ZONES:
        probabilities[zone.row, zone.column, scores[zone]] = confidence
    lungs = np.zeros((SIDE, SIDE), dtype=np.float32)
    lungs[16:48, 14:28] = lungs[16:48, 36:50] = 1.0
    grey = np.linspace(0, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    frames = Frames.fit(IMAGE_SHAPE, SIDE, Aspect.STRETCH).with_alignment(alignment(angle_deg))
    return Prediction(
        frames=frames,
        network_image=grey,
        lung_probability=lungs,
        aligned_image=grey,
        aligned_lung_probability=lungs,
        zone_probabilities=probabilities,
        attention=Attention.ENSEMBLE,
        model=ModelIdentity("bsnet-test", "1.2", "0123456789abcdef" * 4),
        device="cpu",
        seconds={"total": 1.25},
        quality=quality,
        common_error=0.5,
    )


def analysed(score: str = "012321", draft: Mapping[Zone, int] | None = None, **more: Any) -> OpenImage:
    """An open image with a `prediction`, and the zones that the reader has scored."""
    result = prediction(score, **more)
    return OpenImage(
        0, Path("/films/a.dcm"), ImageState.ANALYSED, score=result.score, prediction=result, draft=dict(draft or {})
    )


def explanation(supporting: dict[int, tuple[int, int, int]]) -> Explanation:
    """Sixteen square super-pixels in reading order.

    Args:
        supporting: For a super-pixel, the row, column and class whose probability falls by 0.3 when it is masked.
    """
    rows = np.arange(SIDE) * 4 // SIDE
    labels = (4 * rows[:, None] + rows[None, :]).astype(np.int32)
    contributions = np.zeros((16, 3, 2, 4), dtype=np.float32)
    for superpixel, (row, column, score_class) in supporting.items():
        contributions[superpixel, row, column, score_class] = -0.3
    return Explanation(labels, np.full((3, 2, 4), 0.25, dtype=np.float32), contributions, 1.0)

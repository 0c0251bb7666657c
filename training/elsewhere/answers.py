"""A model's answer for one image, as a person who opens it would get it: a score with notes, or a rejection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import N_CLASSES, ZONES, BrixiaScore
from bsnet_core.errors import BSNetError
from bsnet_core.frames import apply
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.roi_pooling import zone_bands
from bsnet_core.radiograph import Radiograph
from training.datasets.opacity_boxes import OpacityBox

DECIMALS = 4
LOW_CONFIDENCE = ("Low confidence in zone {zones}.", "Low confidence in zones {zones}.")
SMALL = "The image is small ({width} × {height} pixels)."
PLACES_A_SIDE = 24
"""A zone's share in boxes is counted on this many places a side."""


@dataclass(frozen=True)
class Answer:
    """The answer for one image.

    Attributes:
        image: Path below the data folder.
        patient: As in `Sample.patient`.
        score: The score shown; None if the image was rejected.
        probabilities: (6, 4), zones A-F by classes, sums to 1; None if the image was rejected.
        notes: Quality notes, without the one on low confidence.
        rejection: Code and sentence of the rejection; None if the image was scored.
        in_boxes: Share of each zone, A-F, in the boxes of an image with boxes; otherwise None.
        common_error: The model's, for the interval of the global score.
    """

    image: str
    patient: str
    score: BrixiaScore | None = None
    probabilities: npt.NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()
    rejection: tuple[str, str] | None = None
    in_boxes: tuple[float, ...] | None = None
    common_error: float = 0.0

    @property
    def expected(self) -> npt.NDArray[np.float64]:
        """(6,) expected values of the zones A-F.

        Raises:
            ValueError: the image was rejected.
        """
        if self.probabilities is None:
            raise ValueError(f"{self.image} has no score.")
        return self.probabilities @ np.arange(N_CLASSES)

    @property
    def told_of(self) -> bool:
        """Whether the image was rejected, or has a note; that it has few pixels does not count, where it is true."""
        return self.rejection is not None or not all(_begins_like(note, SMALL) for note in self.notes)

    def to_json(self) -> dict[str, Any]:
        """The answer as plain values; probabilities are rounded."""
        values: dict[str, Any] = {"image": self.image, "patient": self.patient}
        if self.score is not None and self.probabilities is not None:
            values["score"] = str(self.score)
            values["probabilities"] = np.round(self.probabilities * 10**DECIMALS).astype(int).tolist()
        if self.notes:
            values["notes"] = list(self.notes)
        if self.rejection is not None:
            values["rejection"] = list(self.rejection)
        if self.in_boxes is not None:
            values["in_boxes"] = [round(share, 3) for share in self.in_boxes]
        if self.common_error:
            values["common_error"] = self.common_error
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Answer:
        """The answer of `to_json`.

        Raises:
            KeyError, TypeError, ValueError: other values.
        """
        scored = "score" in values
        probabilities = np.array(values["probabilities"], dtype=np.float64) if scored else None
        if probabilities is not None and probabilities.shape != (len(ZONES), N_CLASSES):
            raise ValueError(f"{values['image']}: six zones have four probabilities each.")
        code, sentence = values.get("rejection", ("", ""))
        return cls(
            values["image"],
            values["patient"],
            BrixiaScore.from_text(values["score"]) if scored else None,
            None if probabilities is None else probabilities / probabilities.sum(axis=1, keepdims=True),
            tuple(values.get("notes", ())),
            (code, sentence) if code else None,
            tuple(values["in_boxes"]) if "in_boxes" in values else None,
            float(values.get("common_error", 0.0)),
        )


def answer_for(
    predictor: Predictor, radiograph: Radiograph, image: str, patient: str, boxes: Sequence[OpacityBox] = ()
) -> Answer:
    """The predictor's answer for a radiograph, its rejection included."""
    try:
        prediction = predictor.predict(radiograph)
    except BSNetError as error:
        return Answer(image, patient, rejection=(error.code.value, str(error)))
    probabilities = np.stack([prediction.probabilities_of(zone) for zone in ZONES]).astype(np.float64)
    return Answer(
        image,
        patient,
        prediction.score,
        probabilities,
        tuple(note for note in prediction.quality if not is_low_confidence(note)),
        in_boxes=zones_in_boxes(prediction, boxes) if boxes else None,
        common_error=prediction.common_error or 0.0,
    )


def is_low_confidence(note: str) -> bool:
    """Whether a quality note is the one on low confidence, which says nothing about the image."""
    return any(_begins_like(note, sentence) for sentence in LOW_CONFIDENCE)


def _begins_like(note: str, sentence: str) -> bool:
    return note.startswith(sentence.partition("{")[0])


def zones_in_boxes(prediction: Prediction, boxes: Sequence[OpacityBox]) -> tuple[float, ...]:
    """The share of each zone, A-F, that lies in one of the boxes, by the prediction's alignment."""
    height, width = prediction.frames.image_shape
    side = prediction.frames.side_px
    steps = (np.arange(PLACES_A_SIDE) + 0.5) / PLACES_A_SIDE
    shares = []
    for zone in ZONES:
        (top, bottom), (left, right) = zone_bands(zone)
        x, y = np.meshgrid(left + steps * (right - left), top + steps * (bottom - top))
        places = apply(prediction.frames.aligned_to_image, np.stack([x.ravel(), y.ravel()], axis=1) * side)
        places /= (width, height)
        inside = np.zeros(len(places), dtype=bool)
        for box in boxes:
            across = (places[:, 0] >= box.left) & (places[:, 0] < box.left + box.width)
            inside |= across & (places[:, 1] >= box.top) & (places[:, 1] < box.top + box.height)
        shares.append(float(inside.mean()))
    return tuple(shares)

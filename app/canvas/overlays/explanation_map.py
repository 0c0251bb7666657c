"""The explanation overlay: the occlusion map of super-pixels (paper, Eq. 4) in the class colours of its Figure 10.

Score 1 is orange, 2 red, 3 black; nothing else has a colour. A colour's strength means the same in every explanation
map: it grows with the change of the probability, independently of other super-pixels. So no super-pixel fades when a
stronger one is found, and images can be compared.

Two quantities can be drawn: by how far masking lowers the probability of the predicted score, or, of an evidence map,
the part of the score that a super-pixel accounts for.

An unfinished map is drawn as far as it is computed: super-pixels not masked yet are hatched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.explanation import Masking
from bsnet_core.frames import Frames, apply
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction

CLASS_COLOURS = {1: QColor(255, 150, 30), 2: QColor(225, 35, 35), 3: QColor(0, 0, 0)}
FULL_STRENGTH = 0.05
"""A super-pixel whose masking lowers the probability by this much or more is drawn at full strength."""
FULL_EVIDENCE, FAINTEST_EVIDENCE = 0.15, 0.02
"""Limits of an evidence map: parts of a zone's latent score, in its units."""
RIM = (235, 235, 235)
FAINTEST = 0.005
"""A super-pixel whose masking lowers the probability by less is not drawn."""
HATCH = (200, 200, 200, 80)
"""Red, green, blue and opacity of the lines over super-pixels not masked yet."""
HATCH_EVERY_PX = 16
AFFECTED = 0.005
"""A zone counts as affected from this change of a probability on: half a percentage point."""
AFFECTED_EVIDENCE = 0.005
"""A zone counts as affected from this part of its latent score on: it is not rounded to zero."""


@dataclass(frozen=True)
class ExplanationImage:
    """The map as a translucent image of the network frame, and its place on the original image."""

    image: QImage
    network_to_image: QTransform


def image_of(explanation: Explanation, prediction: Prediction, zones: Iterable[Zone]) -> ExplanationImage:
    """The explanation map: super-pixels that lower the predicted class's probability when masked, in its colour.

    Args:
        explanation: An explanation of the same image as `prediction`.
        prediction: The class shown in every zone; zones scored 0 show nothing.
        zones: One zone, or several; where they overlap, the stronger contribution is drawn.

    Returns:
        An image that is transparent where a super-pixel supports the score by less than `FAINTEST`, and hatched where
        nothing was computed yet.
    """
    count = len(explanation.contributions)
    full, faintest = (FULL_STRENGTH, FAINTEST) if explanation.evidence is None else (FULL_EVIDENCE, FAINTEST_EVIDENCE)
    strength, colour = np.zeros(count, dtype=np.float32), np.zeros((count, 3), dtype=np.uint8)
    for zone in zones:
        shown = prediction.score[zone]
        if shown == 0:
            continue
        support = np.maximum(explanation.strength_of(zone, shown), 0.0)
        stronger = support > strength
        strength = np.where(stronger, support, strength)
        class_colour = CLASS_COLOURS[shown]
        colour[stronger] = (class_colour.red(), class_colour.green(), class_colour.blue())
    alpha = np.where(strength < faintest, 0.0, np.minimum(strength / full, 1.0))
    labels = explanation.superpixels
    rgba = np.column_stack([colour, np.rint(alpha * 255).astype(np.uint8)])
    pixels = rgba.view(np.uint32)[:, 0][labels]  # all four channels by one look-up
    is_black = (alpha > 0) & ~colour.any(axis=1)
    if is_black.any():
        # A pale rim separates black super-pixels from dark lung.
        rim = rgba.copy()
        rim[is_black, :3] = RIM
        borders = _inner_borders(labels)
        pixels[borders] = rim.view(np.uint32)[:, 0][labels[borders]]
    side = labels.shape[0]
    if not explanation.is_whole:
        rows, columns = np.ogrid[:side, :side]
        hatched = (rows + columns) % HATCH_EVERY_PX < 2
        pixels[hatched & ~explanation.is_computed[labels]] = np.array(HATCH, dtype=np.uint8).view(np.uint32)[0]
    image = QImage(pixels.data, side, side, 4 * side, QImage.Format.Format_RGBA8888).copy()
    return ExplanationImage(image, _transform_of(prediction.frames))


def describe_strength(masking: Masking = Masking.BLACK) -> str:
    """A sentence on the meaning of the colours' strength."""
    if masking is Masking.EVIDENCE:
        return _("Full colour: a region of average size accounts for {points:.2f} or more of the zone's score.").format(
            points=FULL_EVIDENCE
        )
    return _("Full colour: masking lowers the probability by {points:.0f} percentage points or more.").format(
        points=100 * FULL_STRENGTH
    )


def superpixel_at(explanation: Explanation, prediction: Prediction, image_x: float, image_y: float) -> int | None:
    """The super-pixel at a place of the original image, in its pixel-edge coordinates; None outside the image."""
    height, width = prediction.frames.image_shape
    if not (0 <= image_x < width and 0 <= image_y < height):
        return None
    ((x, y),) = apply(prediction.frames.image_to_network, [[image_x, image_y]])
    last = explanation.superpixels.shape[0] - 1
    return int(explanation.superpixels[min(max(int(y), 0), last), min(max(int(x), 0), last)])


def strongest_superpixel(explanation: Explanation, prediction: Prediction, zone: Zone) -> int | None:
    """The super-pixel that supports a zone's predicted score most.

    Returns:
        Its number; None where the score is 0, or where no super-pixel supports it.
    """
    score = prediction.score[zone]
    strength = explanation.strength_of(zone, score)
    index = int(strength.argmax())
    return index if score > 0 and strength[index] > 0 else None


def place_of_superpixel(explanation: Explanation, prediction: Prediction, index: int) -> QPointF:
    """A place inside a super-pixel, close to its centre, in pixel-edge coordinates of the original image."""
    rows, columns = np.nonzero(explanation.superpixels == index)
    # The centre itself may be outside a curved super-pixel.
    nearest = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    ((x, y),) = apply(prediction.frames.network_to_image, [[columns[nearest] + 0.5, rows[nearest] + 0.5]])
    return QPointF(x, y)


def describe_superpixel(
    explanation: Explanation, prediction: Prediction, image_x: float, image_y: float, zones: Sequence[Zone]
) -> str | None:
    """The effect on the class probabilities of masking the super-pixel at a place, one line per zone.

    Of an evidence map instead the part of the zone's score that the super-pixel accounts for.

    Args:
        explanation: An explanation of the same image as `prediction`, complete or not.
        prediction: The prediction, for its frames.
        image_x: Distance from the left, in pixels of the original image.
        image_y: Distance from the top, in pixels of the original image.
        zones: Zones whose map is shown. A single one is always described, of several those that change by half a
            percentage point or more.

    Returns:
        Lines to show; None outside the image, or where no zone is shown.
    """
    index = superpixel_at(explanation, prediction, image_x, image_y)
    if index is None or not zones:
        return None
    if not explanation.is_computed[index]:
        return _("This region has not been masked.")
    if explanation.evidence is not None:
        return _describe_evidence(explanation.evidence, index, zones)
    changes = explanation.contributions[index]
    affected = [each for each in zones if len(zones) == 1 or np.abs(changes[each.row, each.column]).max() >= AFFECTED]
    if not affected:
        if len(zones) < len(ZONES):
            return _("Masking this region changes no visible zone by more than half a percentage point.")
        return _("Masking this region changes no zone by more than half a percentage point.")
    lines = [_("Masking this region changes the probabilities (percentage points):")]
    for each in affected:
        by_class = [
            _("score {score}: {points}").format(
                score=score, points=signed_points(changes[each.row, each.column, score])
            )
            for score in range(N_CLASSES)
        ]
        lines.append(_("zone {zone}:  {changes}").format(zone=each.name, changes=",  ".join(by_class)))
    return "\n".join(lines)


def _describe_evidence(evidence: npt.NDArray[np.float32], index: int, zones: Sequence[Zone]) -> str:
    of_zones = {zone: float(evidence[index, zone.row, zone.column]) for zone in zones}
    shown = {zone: part for zone, part in of_zones.items() if len(zones) == 1 or abs(part) >= AFFECTED_EVIDENCE}
    if not shown:
        return _("This region accounts for no part of a visible zone's score.")
    lines = [_("Of the score, before rounding, this region accounts for:")]
    for zone, part in shown.items():
        whole = float(evidence[:, zone.row, zone.column].sum())
        text = _("zone {zone}:  {part:.2f} of {whole:.1f}").format(zone=zone.name, part=part, whole=whole)
        lines.append(text.replace("-", "\N{MINUS SIGN}"))
    return "\n".join(lines)


def signed_points(change: float) -> str:
    """A change of a probability in percentage points, with one decimal and a sign: a true minus, none at zero."""
    points = round(100 * float(change), 1)
    return f"{points:+.1f}".replace("-", "\N{MINUS SIGN}") if points else "0.0"


def _inner_borders(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """(H, W) bool: pixels with another super-pixel directly beside, above or below them."""
    borders = np.zeros(labels.shape, dtype=bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    borders[:, 1:] |= across
    borders[:, :-1] |= across
    borders[1:] |= down
    borders[:-1] |= down
    return borders


def paint(painter: QPainter, to_view: QTransform, image: ExplanationImage, opacity: float) -> None:
    """Draws the map; `to_view` maps image pixels to the painter, `opacity` is in [0, 1]."""
    painter.save()
    painter.setOpacity(opacity)
    painter.setTransform(image.network_to_image * to_view, True)
    side = image.image.width()
    painter.drawImage(QRectF(QPointF(0, 0), QPointF(side, side)), image.image)
    painter.restore()


def _transform_of(frames: Frames) -> QTransform:
    (m11, m12, dx), (m21, m22, dy) = frames.network_to_image
    return QTransform(m11, m21, m12, m22, dx, dy)

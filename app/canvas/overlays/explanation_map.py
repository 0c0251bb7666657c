"""The explanation overlay: the map of super-pixels over the image.

Two ways of colouring. One transparent scale shows, within the lungs, how much less severe a zone would be without a
region. The class colours of the paper's Figure 10 show regions that support the predicted score: 1 is orange, 2 red,
and 3 black, as an outline and hatching, because black areas would hide what they speak of.

Unless a zone is chosen, a region is coloured by its effect on the zone it lies in. With a chosen zone, regions outside
it that act on it are striped. An unfinished map is drawn as far as it is computed: the rest is hatched.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from app.canvas.overlays.map_scale import MapColours, MapView, placed_strength
from bsnet_core.frames import Frames

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction

CLASS_COLOURS = {1: QColor(255, 150, 30), 2: QColor(225, 35, 35), 3: QColor(0, 0, 0)}
SEVERITY_STOPS = ((126, 20, 170), (190, 45, 140), (232, 90, 85), (253, 155, 45), (250, 230, 60))
"""From the weakest to the strongest region, brighter and brighter: seen on dark lung, told apart without hue."""
LEAST_ALPHA, MOST_ALPHA = 0.25, 0.8
"""Opacity of the scale's ends: the image is seen through the strongest colour too."""
RIM = (235, 235, 235)
HATCH = (200, 200, 200, 80)
"""Red, green, blue and opacity of the lines over super-pixels not masked yet."""
HATCH_EVERY_PX, BLACK_EVERY_PX, STRIPE_EVERY_PX = 16, 12, 6


@dataclass(frozen=True)
class ExplanationImage:
    """The map as a translucent image of the network frame, and its place on the original image."""

    image: QImage
    network_to_image: QTransform


@cache
def severity_colours() -> npt.NDArray[np.uint8]:
    """(256, 4) red, green, blue and opacity of the scale, from the weakest to the strongest region."""
    share, stops = np.linspace(0.0, 1.0, 256), np.linspace(0.0, 1.0, len(SEVERITY_STOPS))
    channels = [np.interp(share, stops, [stop[channel] for stop in SEVERITY_STOPS]) for channel in range(3)]
    alpha = 255 * (LEAST_ALPHA + (MOST_ALPHA - LEAST_ALPHA) * share)
    colours = np.rint(np.column_stack([*channels, alpha])).astype(np.uint8)
    colours.setflags(write=False)
    return colours


def image_of(explanation: Explanation, prediction: Prediction, view: MapView) -> ExplanationImage:
    """The explanation map as an image.

    Args:
        explanation: An explanation of the same image as `prediction`.
        prediction: The scores explained; zones scored 0 have no colour.
        view: The zones and colours shown.

    Returns:
        An image that is transparent where a super-pixel has next to no effect, and hatched where nothing was computed
        yet.
    """
    labels, placed = explanation.superpixels, placed_strength(explanation, prediction, view)
    share = np.minimum(placed.strength / placed.full, 1.0)
    share[placed.strength < placed.faintest] = 0.0
    side = labels.shape[0]
    rows, columns = np.ogrid[:side, :side]
    rgba = _in_severity_colours(share) if view.colours is MapColours.SEVERITY else _in_class_colours(
        share, placed.score, labels
    )  # fmt: skip
    rgba[placed.is_elsewhere & (rows % STRIPE_EVERY_PX >= STRIPE_EVERY_PX // 2), 3] = 0
    if not explanation.is_whole:
        hatched = (rows + columns) % HATCH_EVERY_PX < 2
        rgba[hatched & ~explanation.is_computed[labels] & placed.can_be_coloured] = HATCH
    pixels = np.ascontiguousarray(rgba)
    image = QImage(pixels.data, side, side, 4 * side, QImage.Format.Format_RGBA8888).copy()
    return ExplanationImage(image, _transform_of(prediction.frames))


def _in_severity_colours(share: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """(S, S, 4) colours of the scale; transparent where `share` is 0."""
    rgba = severity_colours()[np.rint(share * 255).astype(np.intp)]
    rgba[share == 0] = 0
    return rgba


def _in_class_colours(
    share: npt.NDArray[np.float32], score: npt.NDArray[np.intp], labels: npt.NDArray[np.int32]
) -> npt.NDArray[np.uint8]:
    """(S, S, 4) colours of the scores, as opaque as `share` says; black as an outline with hatching."""
    palette = np.zeros((max(CLASS_COLOURS) + 1, 3), dtype=np.uint8)
    for number, colour in CLASS_COLOURS.items():
        palette[number] = colour.red(), colour.green(), colour.blue()
    rgba = np.dstack([palette[score], np.rint(share * 255).astype(np.uint8)])
    is_black = (score == max(CLASS_COLOURS)) & (share > 0)
    if is_black.any():
        rows, columns = np.ogrid[: labels.shape[0], : labels.shape[1]]
        across = (rows - columns) % BLACK_EVERY_PX
        rim, outline = _borders(labels, is_black)
        # A pale line beside each black one: seen on dark lung and on bright consolidation.
        rgba[is_black & (across == 2)] = (*RIM, 0)
        rgba[rim] = (*RIM, 0)
        rgba[is_black, 3] = 0
        drawn = is_black & ((across < 3) | rim | outline)
        rgba[drawn, 3] = np.rint(share[drawn] * 255).astype(np.uint8)
        rgba[outline & ~rim, :3] = 0
    return rgba


def _borders(
    labels: npt.NDArray[np.int32], inside: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(S, S) bool twice: the outermost pixels of the super-pixels inside, and the two lines of pixels next to them."""
    regions = np.where(inside, labels, -1)
    rim = _beside_another(regions) & inside
    second = _beside(rim) & inside & ~rim
    return rim, second | (_beside(second) & inside & ~rim)


def _beside_another(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    borders = np.zeros(labels.shape, dtype=bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    borders[:, 1:] |= across
    borders[:, :-1] |= across
    borders[1:] |= down
    borders[:-1] |= down
    return borders


def _beside(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    beside = chosen.copy()
    beside[:, 1:] |= chosen[:, :-1]
    beside[:, :-1] |= chosen[:, 1:]
    beside[1:] |= chosen[:-1]
    beside[:-1] |= chosen[1:]
    return beside


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

"""All overlays of one image: which are drawn, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QTransform

from app.canvas.overlays import explanation_map as explanation_overlay
from app.canvas.overlays import lungs as lungs_overlay
from app.canvas.overlays import zones as zones_overlay
from app.canvas.overlays.map_scale import WHOLE_MAP, MapView
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.frames import Frames

LUNGS, LUNG_FILL, ZONE_GRID, SCORES, EXPLANATION, PLANES = (
    "lungs",
    "lung_fill",
    "zones",
    "scores",
    "explanation",
    "planes",
)
FALLBACK = {LUNG_FILL: LUNGS, SCORES: ZONE_GRID}
"""Overlays without a switch of their own follow these."""

BEYOND_X, BEYOND_Y = 120.0, 48.0
"""The names of the sides and large letters extend beyond image and grid by at most this much."""


@dataclass(frozen=True)
class OverlayState:
    """Everything drawn over the image.

    Attributes:
        shown, opacity: By overlay name: "lungs" (contour), "lung_fill", "zones" (grid), "scores", "explanation",
            "planes" (the file's DICOM overlays); opacity in [0, 1].
        lungs, labels, explanation: What the model said; None while there is nothing or it must not be seen.
        frames: The place of the grid; without `labels`, the usual one.
        own: The reader's own scores, zone by zone.
        in_turn: The zone that the next key scores, marked by a second frame.
        differing: Zones in which the two results chosen for comparison differ, marked by a sign.
        changes: By zone, the change of the predicted score since the prior image beside it.
        zones_shown: Zones whose part of the grid is drawn and whose scores are written.
        map_view: The part of the explanation map that is drawn, in which colours.
    """

    shown: dict[str, bool]
    opacity: dict[str, float]
    lungs: lungs_overlay.LungOutline | None = None
    frames: Frames | None = None
    labels: dict[Zone, zones_overlay.ZoneLabel] | None = None
    explanation: explanation_overlay.ExplanationImage | None = None
    own: Mapping[Zone, int] | None = None
    in_turn: Zone | None = None
    differing: frozenset[Zone] = frozenset()
    changes: Mapping[Zone, int] | None = None
    zones_shown: frozenset[Zone] = frozenset(ZONES)
    map_view: MapView = WHOLE_MAP

    def zone_at(self, x: float, y: float) -> Zone | None:
        """The zone of the drawn grid at x and y in image pixels; None outside, and where no grid is drawn."""
        if self.frames is None or not self.draws_grid:
            return None
        zone = zones_overlay.zone_at(self.frames, x, y)
        return zone if zone in self.zones_shown else None

    def strength(self, name: str) -> float:
        """Opacity of an overlay, 0 where it is switched off."""
        if name not in self.shown and name in FALLBACK:
            name = FALLBACK[name]
        return self.opacity.get(name, 1.0) if self.shown.get(name, name == PLANES) else 0.0

    @property
    def shows_result(self) -> bool:
        """Whether anything from the model is on the screen."""
        has_grid = self.frames is not None and self.labels is not None and bool(self.zones_shown)
        return self.draws_map or self.draws_lungs or (has_grid and self.strength(ZONE_GRID) > 0)

    @property
    def draws_map(self) -> bool:
        """Whether the explanation map is drawn."""
        return self.explanation is not None and self.strength(EXPLANATION) > 0

    @property
    def zone_marked(self) -> Zone | None:
        """The zone that is marked as the one whose map is drawn; None for the map of all zones."""
        chosen = self.map_view.chosen
        return chosen if self.draws_map and chosen in self.zones_shown else None

    @property
    def draws_lungs(self) -> bool:
        """Whether the lungs' contour or fill is drawn."""
        strength = max(self.strength(LUNGS), self.strength(LUNG_FILL))
        return self.lungs is not None and strength > 0

    @property
    def draws_grid(self) -> bool:
        """Whether the grid is drawn, given its frames."""
        return self.strength(ZONE_GRID) > 0


def drawn_extent(to_view: QTransform, state: OverlayState, image: QRectF, *, has_planes: bool) -> QRectF:
    """A rectangle that nothing is drawn outside of; empty where nothing is drawn at all.

    Args:
        to_view: Maps image pixels to the units of the rectangle.
        state: What is drawn.
        image: The place of the whole image, in these units.
        has_planes: Whether the file has DICOM overlays.
    """
    extent = QRectF()
    if state.draws_map or (has_planes and state.strength(PLANES) > 0):
        extent = image
    if state.draws_lungs and state.lungs is not None:
        extent = extent.united(to_view.mapRect(state.lungs.path.boundingRect()))
    if (state.draws_grid or state.zone_marked is not None) and state.frames is not None:
        extent = extent.united(to_view.map(zones_overlay.grid_outline(state.frames)).boundingRect())
    return extent if extent.isEmpty() else extent.adjusted(-BEYOND_X, -BEYOND_Y, BEYOND_X, BEYOND_Y)


def paint(
    painter: QPainter,
    to_view: QTransform,
    state: OverlayState,
    patient_orientation: tuple[str, str] | None,
    occupied: Sequence[QRectF] = (),
) -> None:
    """Draws everything that is switched on.

    Args:
        painter: Paints in view units.
        to_view: Maps image pixels to the painter.
        state: What is drawn.
        patient_orientation: The file's patient orientation.
        occupied: Places of other texts, in the painter's units.
    """
    if state.explanation is not None and state.strength(EXPLANATION) > 0:
        explanation_overlay.paint(painter, to_view, state.explanation, state.strength(EXPLANATION))
    if state.lungs is not None and state.strength(LUNG_FILL) > 0:
        lungs_overlay.paint_fill(painter, to_view, state.lungs, state.strength(LUNG_FILL))
    if state.lungs is not None and state.strength(LUNGS) > 0:
        lungs_overlay.paint_contour(painter, to_view, state.lungs, state.strength(LUNGS))
    if state.frames is not None and state.draws_grid:
        _paint_grid(painter, to_view, state, state.frames, patient_orientation, occupied)
    if state.frames is not None and state.zone_marked is not None:
        # Over the grid, whose lines run where the frame does.
        zones_overlay.paint_chosen(painter, to_view, state.frames, state.zone_marked)


def _paint_grid(
    painter: QPainter,
    to_view: QTransform,
    state: OverlayState,
    frames: Frames,
    patient_orientation: tuple[str, str] | None,
    occupied: Sequence[QRectF],
) -> None:
    labels: dict[Zone, zones_overlay.ZoneLabel] = {}
    if state.labels is not None and state.strength(SCORES) > 0:
        labels = state.labels
    zones_overlay.paint(
        painter,
        to_view,
        frames,
        labels,
        state.strength(ZONE_GRID),
        score_opacity=state.strength(SCORES) or None,
        own=state.own,
        in_turn=state.in_turn,
        differing=frozenset() if state.labels is None else state.differing,
        changes=state.changes,
        shown=state.zones_shown,
        patient_orientation=patient_orientation,
        occupied=occupied,
    )

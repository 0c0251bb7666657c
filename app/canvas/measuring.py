"""Measurements on a radiograph: distance, angle and region, in image pixels, and their results."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import assert_never

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph, SpacingMeaning

Point = tuple[float, float]
"""x, y in image pixels, pixel-edge coordinates."""
ELLIPSE_CORNERS = 72
MOST_BARS = 32


class RegionShape(Enum):
    """The shape of a region."""

    RECTANGLE = auto()
    ELLIPSE = auto()


@dataclass(frozen=True, slots=True)
class Distance:
    """A straight line."""

    start: Point
    end: Point

    @property
    def handles(self) -> tuple[Point, ...]:
        """The points that can be moved."""
        return self.start, self.end

    @property
    def outline(self) -> tuple[Point, ...]:
        """The line that is drawn."""
        return self.start, self.end

    def with_handle(self, index: int, point: Point) -> Distance:
        """One handle moved."""
        return replace(self, start=point) if index == 0 else replace(self, end=point)

    def shifted(self, dx: float, dy: float) -> Distance:
        """Moved as a whole."""
        return Distance(_shifted(self.start, dx, dy), _shifted(self.end, dx, dy))


@dataclass(frozen=True, slots=True)
class Angle:
    """The angle at `vertex` between two legs."""

    start: Point
    vertex: Point
    end: Point

    @property
    def handles(self) -> tuple[Point, ...]:
        """The points that can be moved."""
        return self.start, self.vertex, self.end

    @property
    def outline(self) -> tuple[Point, ...]:
        """The line that is drawn."""
        return self.start, self.vertex, self.end

    def with_handle(self, index: int, point: Point) -> Angle:
        """One handle moved."""
        points = list(self.handles)
        points[index] = point
        return Angle(*points)

    def shifted(self, dx: float, dy: float) -> Angle:
        """Moved as a whole."""
        return Angle(*(_shifted(point, dx, dy) for point in self.handles))


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle, or the ellipse inside it, between two opposite corners."""

    corner: Point
    opposite: Point
    shape: RegionShape = RegionShape.RECTANGLE

    @property
    def box(self) -> tuple[float, float, float, float]:
        """left, top, right, bottom."""
        (x0, y0), (x1, y1) = self.corner, self.opposite
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    @property
    def handles(self) -> tuple[Point, ...]:
        """The four corners, clockwise on the image as stored."""
        left, top, right, bottom = self.box
        return (left, top), (right, top), (right, bottom), (left, bottom)

    @property
    def outline(self) -> tuple[Point, ...]:
        """The closed line that is drawn."""
        if self.shape is RegionShape.RECTANGLE:
            corners = self.handles
        else:
            left, top, right, bottom = self.box
            turns = [2 * math.pi * step / ELLIPSE_CORNERS for step in range(ELLIPSE_CORNERS)]
            corners = tuple(
                (
                    (left + right) / 2 + (right - left) / 2 * math.cos(turn),
                    (top + bottom) / 2 + (bottom - top) / 2 * math.sin(turn),
                )
                for turn in turns
            )
        return (*corners, corners[0])

    def with_handle(self, index: int, point: Point) -> Region:
        """One corner moved, the opposite corner kept."""
        return replace(self, corner=point, opposite=self.handles[(index + 2) % 4])

    def shifted(self, dx: float, dy: float) -> Region:
        """Moved as a whole."""
        return replace(self, corner=_shifted(self.corner, dx, dy), opposite=_shifted(self.opposite, dx, dy))


Annotation = Distance | Angle | Region


@dataclass(frozen=True, slots=True)
class RegionStatistics:
    """Statistics of the modality values of the pixels whose centre is inside the region, without padding.

    Attributes:
        sd: Standard deviation.
        pixels: Number of pixels.
        histogram: Number of pixels in each of up to `MOST_BARS` equal steps from the lowest to the highest value.
    """

    mean: float
    sd: float
    lowest: float
    highest: float
    pixels: int
    histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """The result written beside an annotation: lines of text, and for a region the histogram of its values."""

    lines: tuple[str, ...]
    histogram: tuple[int, ...] = ()


def length_of(start: Point, end: Point, radiograph: Radiograph) -> tuple[float, SpacingMeaning]:
    """Length and its unit: mm at the detector, mm corrected for magnification, or pixel widths."""
    dx, dy, meaning = _legs(start, end, radiograph)
    return math.hypot(dx, dy), meaning


def degrees_of(angle: Angle, radiograph: Radiograph) -> float:
    """The angle at the vertex in degrees, 0 to 180, with the pixels' true width and height."""
    first = _legs(angle.vertex, angle.start, radiograph)[:2]
    second = _legs(angle.vertex, angle.end, radiograph)[:2]
    across = first[0] * second[1] - first[1] * second[0]
    along = first[0] * second[0] + first[1] * second[1]
    return abs(math.degrees(math.atan2(across, along)))


def area_of(region: Region, radiograph: Radiograph) -> tuple[float, SpacingMeaning]:
    """Area and its unit: mm², or pixels where the file states no pixel size."""
    left, top, right, bottom = region.box
    area = (right - left) * (bottom - top)
    if region.shape is RegionShape.ELLIPSE:
        area *= math.pi / 4
    spacing = radiograph.metadata.spacing
    if spacing is None or spacing.meaning is SpacingMeaning.UNKNOWN:
        return area, SpacingMeaning.UNKNOWN
    return area * spacing.row_mm * spacing.column_mm, spacing.meaning


def statistics_of(region: Region, radiograph: Radiograph) -> RegionStatistics | None:
    """Statistics over every pixel, not a sample; None where no pixel's centre is inside."""
    height, width = radiograph.shape
    left, top, right, bottom = region.box
    first_row, end_row = max(math.ceil(top - 0.5), 0), min(math.floor(bottom - 0.5) + 1, height)
    first_column, end_column = max(math.ceil(left - 0.5), 0), min(math.floor(right - 0.5) + 1, width)
    if first_row >= end_row or first_column >= end_column:
        return None
    codes = np.ascontiguousarray(radiograph.stored[first_row:end_row, first_column:end_column])
    mask: npt.NDArray[np.uint8] | None = None
    if region.shape is RegionShape.ELLIPSE:
        rows = (np.arange(first_row, end_row) + 0.5 - (top + bottom) / 2) / max((bottom - top) / 2, 1e-9)
        columns = (np.arange(first_column, end_column) + 0.5 - (left + right) / 2) / max((right - left) / 2, 1e-9)
        half_width = np.sqrt(np.clip(1.0 - rows**2, 0.0, None))
        mask = (np.abs(columns)[None, :] <= half_width[:, None]).view(np.uint8)
    # From the histogram: one pass over the pixels, whatever the Modality LUT.
    counts = cv2.calcHist([codes], [0], mask, [65536], [0, 65536]).ravel().astype(np.int64)
    used = counts.nonzero()[0]
    if radiograph.padding is not None:
        low, high = (value - radiograph.stored_offset for value in radiograph.padding)
        used = used[(used < low) | (used > high)]
    if len(used) == 0:
        return None
    values, weights = radiograph.modality_of(used).astype(np.float64), counts[used]
    mean = float(np.average(values, weights=weights))
    sd = math.sqrt(float(np.average((values - mean) ** 2, weights=weights)))
    lowest, highest = float(values.min()), float(values.max())
    return RegionStatistics(mean, sd, lowest, highest, int(weights.sum()), _histogram(values, weights))


def _histogram(values: npt.NDArray[np.float64], weights: npt.NDArray[np.int64]) -> tuple[int, ...]:
    """Pixels per bar; every bar holds equally many possible values, otherwise bars would alternate in height."""
    lowest, highest = values.min(), values.max()
    step = np.diff(np.unique(values)).min(initial=highest - lowest) or 1.0
    per_bar = math.ceil((round((highest - lowest) / step) + 1) / MOST_BARS)
    bars = math.ceil((round((highest - lowest) / step) + 1) / per_bar)
    edges = lowest - step / 2 + np.arange(bars + 1) * per_bar * step
    return tuple(int(count) for count in np.histogram(values, edges, weights=weights)[0])


def described(annotation: Annotation, radiograph: Radiograph) -> Description:
    """The result written beside an annotation."""
    match annotation:
        case Distance():
            return _described_distance(annotation, radiograph)
        case Angle():
            return Description((f"{degrees_of(annotation, radiograph):.1f}°",))
        case Region():
            return _described_region(annotation, radiograph)
    assert_never(annotation)


def _described_distance(distance: Distance, radiograph: Radiograph) -> Description:
    length, meaning = length_of(distance.start, distance.end, radiograph)
    if meaning is SpacingMeaning.UNKNOWN:
        return Description((_("{length} pixels").format(length=f"{length:.1f}"),))
    return Description((_("{length} mm").format(length=f"{length:.1f}"), meaning_text(meaning)))


def _described_region(region: Region, radiograph: Radiograph) -> Description:
    area, meaning = area_of(region, radiograph)
    if meaning is SpacingMeaning.UNKNOWN:
        size = [_("Area {area} pixels").format(area=f"{area:.0f}")]
    else:
        size = [_("Area {area} mm²").format(area=f"{area:.0f}"), meaning_text(meaning)]
    statistics = statistics_of(region, radiograph)
    if statistics is None:
        return Description((*size, _("no values inside")))
    digits = 0 if statistics.highest - statistics.lowest >= 20 else 2
    lines = (
        _("Mean {mean}  SD {sd}").format(
            mean=f"{statistics.mean:.{digits + 1}f}", sd=f"{statistics.sd:.{digits + 1}f}"
        ),
        _("Min {lowest}  max {highest}").format(
            lowest=f"{statistics.lowest:.{digits}f}", highest=f"{statistics.highest:.{digits}f}"
        ),
        *size,
    )
    return Description(lines, statistics.histogram)


def meaning_text(meaning: SpacingMeaning) -> str:
    """The meaning of a length in mm, in words."""
    return {
        SpacingMeaning.DETECTOR: _("at detector"),
        SpacingMeaning.CORRECTED: _("corrected for magnification"),
        SpacingMeaning.UNKNOWN: _("pixels"),
    }[meaning]


def _legs(start: Point, end: Point, radiograph: Radiograph) -> tuple[float, float, SpacingMeaning]:
    """The parts along rows and along columns, in mm or in pixel widths."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    spacing = radiograph.metadata.spacing
    if spacing is None:
        return dx, dy, SpacingMeaning.UNKNOWN
    if spacing.meaning is SpacingMeaning.UNKNOWN:
        return dx, dy * spacing.row_mm / spacing.column_mm, SpacingMeaning.UNKNOWN
    return dx * spacing.column_mm, dy * spacing.row_mm, spacing.meaning


def _shifted(point: Point, dx: float, dy: float) -> Point:
    return point[0] + dx, point[1] + dy

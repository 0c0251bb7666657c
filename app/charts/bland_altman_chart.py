"""The Bland–Altman plot: difference against mean, with the limits of agreement."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.charts.chart_image import ChartImage, ChartLook, Place, draw, lay_out
from bsnet_core.agreement import MAX_TOTAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

SMALLEST_LIMIT = 4
"""The difference axis extends at least this far, so that small differences do not look large."""
X_STEP = 3
SMALLEST_DOT_PX, LARGEST_DOT_PX = 3.0, 13.0
"""Radii of the dots."""
MARGIN = 1.0
"""Room left and right of the smallest and the largest mean, in score points."""
LINE_SPACING = 1.25
"""Distance between lines of text, as a share of the font size."""


@dataclass(frozen=True, slots=True)
class Dot:
    """Equal pairs of global scores: their mean, their difference, and their number."""

    mean: float
    difference: int
    count: int


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """A line across the plot: the mean difference or a limit of agreement, with its 95% confidence interval.

    Attributes:
        low, high: Ends of the interval; not finite without one.
        is_limit: Whether it is a limit of agreement, not the mean.
    """

    label: str
    value: float
    low: float
    high: float
    is_limit: bool


@dataclass(frozen=True, slots=True)
class BlandAltmanContent:
    """The content of the plot, with at least one dot, and the labels of its axes."""

    dots: tuple[Dot, ...]
    lines: tuple[AgreementLine, ...]
    mean_label: str
    difference_label: str

    @property
    def difference_limit(self) -> int:
        """The end of the difference axis, upwards and downwards."""
        differences = [abs(dot.difference) for dot in self.dots]
        values = [abs(line.value) for line in self.lines if math.isfinite(line.value)]
        limit = math.ceil(max([SMALLEST_LIMIT, *differences, *values]) * 1.08)
        return limit + limit % 2

    def draw(self, look: ChartLook) -> ChartImage:
        """Draws the plot; its marks are those of the dots, one each."""
        return draw(look, lambda axes: self._fill(axes, look))

    def _fill(self, axes: Axes, look: ChartLook) -> Sequence[Sequence[Place]]:
        self._draw_axes(axes, look)
        labels = [self._draw_line(axes, line, look) for line in self.lines if math.isfinite(line.value)]
        colours, most = look.colours, max(dot.count for dot in self.dots)
        axes.scatter(
            [dot.mean for dot in self.dots],
            [dot.difference for dot in self.dots],
            s=[(2 * _radius_px(dot.count, most)) ** 2 for dot in self.dots],
            color=colours.text, alpha=0.75, edgecolors=colours.background, linewidths=1, clip_on=False, zorder=3,
        )  # fmt: skip
        _width, height = lay_out(axes, look)
        per_px = 2 * self.difference_limit / height
        values = [label.xy[1] for label in labels]
        apart = set_apart(values, LINE_SPACING * look.font_px * per_px)
        for label, value, free_value in zip(labels, values, apart, strict=True):
            label.set_position((0.5 * look.font_px, (free_value - value) / per_px))
        return [[(dot.mean, float(dot.difference))] for dot in self.dots]

    def _draw_axes(self, axes: Axes, look: ChartLook) -> None:
        colours, limit = look.colours, self.difference_limit
        axes.set_xlim(-MARGIN, MAX_TOTAL + MARGIN)
        axes.set_ylim(-limit, limit)
        axes.set_xticks(range(0, MAX_TOTAL + 1, X_STEP))
        step = 2 if limit <= 8 else 4 if limit <= 16 else 6
        differences = range(-(limit // step) * step, limit + 1, step)
        axes.set_yticks(differences, [_signed(difference) for difference in differences])
        axes.tick_params(axis="both", labelcolor=colours.text)
        axes.tick_params(axis="x", length=0.3 * look.font_px)
        axes.set_xlabel(self.mean_label)
        axes.set_ylabel(self.difference_label)
        axes.grid(axis="y")
        axes.axhline(0, color=colours.text, alpha=0.65, linewidth=1)

    def _draw_line(self, axes: Axes, line: AgreementLine, look: ChartLook) -> Annotation:
        """Draws a line with the band of its interval, and returns its label beside the axes."""
        accent = look.colours.accent
        if math.isfinite(line.low):
            axes.axhspan(line.low, line.high, color=accent, alpha=0.18, linewidth=0)
        axes.axhline(line.value, color=accent, linewidth=1.6, linestyle="dashed" if line.is_limit else "solid")
        return axes.annotate(
            line.label,
            (1, line.value),
            xycoords=axes.get_yaxis_transform(),
            xytext=(0.5 * look.font_px, 0),
            textcoords="offset points",
            verticalalignment="center",
        )


def set_apart(places: Sequence[float], gap: float) -> list[float]:
    """Places close to the given ones and at least `gap` apart, in the same order; larger ones stay above smaller."""
    order = sorted(range(len(places)), key=lambda number: (-places[number], number))
    apart = list(places)
    for _round in range(len(places)):
        for upper, lower in itertools.pairwise(order):
            overlap = gap - (apart[upper] - apart[lower])
            if overlap > 0:
                apart[upper] += overlap / 2
                apart[lower] -= overlap / 2
    return apart


def _radius_px(count: int, most: int) -> float:
    return max(SMALLEST_DOT_PX, LARGEST_DOT_PX * math.sqrt(count / most)) if most > 1 else SMALLEST_DOT_PX + 1


def _signed(difference: int) -> str:
    return f"{difference:+d}".replace("-", "−") if difference else "0"

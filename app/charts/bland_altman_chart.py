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

SMALLEST_REACH = 4
"""The difference axis reaches at least this far, so that small differences do not look large."""
X_STEP = 3
SMALLEST_DOT_PX, LARGEST_DOT_PX = 3.0, 13.0
"""Radius of dots."""
MARGIN = 1.0
"""Room left and right of the smallest and the largest mean, in points of the score."""
LINE = 1.25
"""Distance of lines of text, as a share of their size."""


@dataclass(frozen=True, slots=True)
class Dot:
    """Equal pairs of global scores: their mean, their difference, and how many they are."""

    mean: float
    difference: int
    count: int


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """A line across the plot, with the ends of its 95 % interval; without one they are not finite."""

    label: str
    value: float
    low: float
    high: float
    is_limit: bool


@dataclass(frozen=True, slots=True)
class BlandAltmanContent:
    """What the plot shows, and the words at its axes; there is at least one dot."""

    dots: tuple[Dot, ...]
    lines: tuple[AgreementLine, ...]
    mean_label: str
    difference_label: str

    @property
    def difference_limit(self) -> int:
        """How far the difference axis goes up and down."""
        values = [abs(dot.difference) for dot in self.dots]
        limits = [abs(level.value) for level in self.lines if math.isfinite(level.value)]
        reach = math.ceil(max([SMALLEST_REACH, *values, *limits]) * 1.08)
        return reach + reach % 2

    def draw(self, look: ChartLook) -> ChartImage:
        """The picture; its marks are those of the dots, one each."""
        return draw(look, lambda axes: self._fill(axes, look))

    def _fill(self, axes: Axes, look: ChartLook) -> Sequence[Sequence[Place]]:
        colours, font_px, reach = look.colours, look.font_px, self.difference_limit
        axes.set_xlim(-MARGIN, MAX_TOTAL + MARGIN)
        axes.set_ylim(-reach, reach)
        axes.set_xticks(range(0, MAX_TOTAL + 1, X_STEP))
        step = 2 if reach <= 8 else 4 if reach <= 16 else 6
        differences = range(-(reach // step) * step, reach + 1, step)
        axes.set_yticks(differences, [_signed(difference) for difference in differences])
        axes.tick_params(axis="both", labelcolor=colours.text)
        axes.tick_params(axis="x", length=0.3 * font_px)
        axes.set_xlabel(self.mean_label)
        axes.set_ylabel(self.difference_label)
        axes.grid(axis="y")
        axes.axhline(0, color=colours.text, alpha=0.65, linewidth=1)
        beside = []
        for level in self.lines:
            if not math.isfinite(level.value):
                continue
            if math.isfinite(level.low):
                axes.axhspan(level.low, level.high, color=colours.accent, alpha=0.18, linewidth=0)
            style = "dashed" if level.is_limit else "solid"
            axes.axhline(level.value, color=colours.accent, linewidth=1.6, linestyle=style)
            beside.append(
                axes.annotate(
                    level.label,
                    (1, level.value),
                    xycoords=axes.get_yaxis_transform(),
                    xytext=(0.5 * font_px, 0),
                    textcoords="offset points",
                    verticalalignment="center",
                )
            )
        most = max(dot.count for dot in self.dots)
        axes.scatter(
            [dot.mean for dot in self.dots],
            [dot.difference for dot in self.dots],
            s=[(2 * _radius_px(dot.count, most)) ** 2 for dot in self.dots],
            color=colours.text, alpha=0.75, edgecolors=colours.background, linewidths=1, clip_on=False, zorder=3,
        )  # fmt: skip
        _width, height = lay_out(axes, look)

        heights = [reach + text.xy[1] for text in beside]
        apart = set_apart(heights, LINE * font_px * 2 * reach / height)
        for text, there, requested in zip(beside, heights, apart, strict=True):
            text.set_position((0.5 * font_px, (requested - there) * height / (2 * reach)))
        return [[(dot.mean, float(dot.difference))] for dot in self.dots]


def set_apart(places: Sequence[float], gap: float) -> list[float]:
    """Places of texts that stand near to these and at least `gap` apart; in the order of the places, from the top."""
    order = sorted(range(len(places)), key=lambda number: (-places[number], number))
    apart = list(places)
    for _turn in range(len(places)):
        for upper, lower in itertools.pairwise(order):
            missing = gap - (apart[upper] - apart[lower])
            if missing > 0:
                apart[upper] += missing / 2
                apart[lower] -= missing / 2
    return apart


def _radius_px(count: int, most: int) -> float:
    return max(SMALLEST_DOT_PX, LARGEST_DOT_PX * math.sqrt(count / most)) if most > 1 else SMALLEST_DOT_PX + 1


def _signed(difference: int) -> str:
    return f"{difference:+d}".replace("-", "−") if difference else "0"

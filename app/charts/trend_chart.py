"""The chart of a patient's global score over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.charts.chart_image import ChartImage, ChartLook, Place, draw, lay_out, text_width_px
from bsnet_core.agreement import MAX_TOTAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

TICKS = (0, 6, 12, MAX_TOTAL)
DISC, DIAMOND = 0.75, 0.87
"""Sizes of the marks, as shares of the font size."""
GAP = 1.7
"""Images of the same day are set apart by this share of the font size."""
LABEL_GAP_PX = 6.0
DATES_BELOW_PX = 3.5
"""matplotlib's own distance between an axis and its labels, for which it has left room."""
DASHES: tuple[Any, ...] = ("dashed", "dotted", "dashdot", (0, (6, 2, 1, 2, 1, 2)))
READER_MARKS = ("D", "s", "^", "v", "P")
"""Readers differ in marks and dashes, not in colours, which not everybody tells apart."""
MARKS: dict[str, Any] = {"linestyle": "none", "clip_on": False, "zorder": 3}
LONGEST_LABEL = 24
"""Letters of a reader's name in the legend; fewer where the chart is narrow."""
LETTER = 0.65
HANDLE, NARROW_HANDLE = 2.2, 1.0
NARROW = 16
"""Widths in font sizes: of a letter, of a line in the legend, and of a chart below which that line is short."""
BELOW = 0.6
"""Room for half a mark below the line of score 0, as a share of the font size."""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One image: when it was taken, and its global scores.

    Attributes:
        predicted: Global score of the prediction.
        read: Each reader's name and the global score of the reader's last reading.
        is_current: Whether it is the image on the screen.
    """

    taken_at: datetime
    predicted: int | None = None
    read: tuple[tuple[str, int], ...] = ()
    is_current: bool = False

    @property
    def totals(self) -> tuple[int, ...]:
        """The scores with a mark, the prediction first."""
        return (*(() if self.predicted is None else (self.predicted,)), *(total for _reader, total in self.read))

    def total_of(self, reader: str) -> int | None:
        """The global score that a reader gave; None if there is none."""
        return dict(self.read).get(reader)


@dataclass(frozen=True, slots=True)
class TrendContent:
    """The content of the chart: images by date, each with at least one score, and the words of its legend.

    The predictions are one line, and the readings of each reader another with its own marks and dashes: a line between
    readings by different people would look like a change of the patient.
    """

    points: tuple[TrendPoint, ...]
    prediction_label: str
    current_label: str

    @property
    def readers(self) -> tuple[str, ...]:
        """Everybody who has read one of the images, in the order of their first image."""
        return tuple(dict.fromkeys(reader for point in self.points for reader, _total in point.read))

    def shows_all_of(self, other: TrendContent) -> bool:
        """Whether every score of other content is here too, whichever image is the current one."""
        mine = {replace(point, is_current=False) for point in self.points}
        return all(replace(point, is_current=False) in mine for point in other.points)

    def draw(self, look: ChartLook) -> ChartImage:
        """Draws the chart; its marks are those of the images, for each image the `totals`."""
        return draw(look, lambda axes: self._fill(axes, look))

    def _fill(self, axes: Axes, look: ChartLook) -> Sequence[Sequence[Place]]:
        colours, font_px = look.colours, look.font_px
        axes.set_xlim(0, 1)
        axes.set_ylim(0, MAX_TOTAL)
        axes.set_yticks(TICKS)
        axes.set_xticks([0.5], [_label(self.points[0])])
        axes.grid(axis="y")
        series = [_Series.of_predictions(axes, look, self.prediction_label)]
        series += [_Series.of_reader(axes, look, reader, number) for number, reader in enumerate(self.readers)]
        shade = axes.fill_between([], [], color=colours.text, alpha=0.16, linewidth=0, label=self.current_label)
        shade.set_in_layout(False)  # while empty, it would take room at the corner
        handles = {one.label: (one.line, one.marks) for one in series}
        has_current = any(point.is_current for point in self.points)
        _add_legend(axes, handles | ({self.current_label: shade} if has_current else {}), look)
        width, height = lay_out(axes, look)

        above, below = (1.35 + DISC) * font_px, BELOW * font_px
        axes.set_xlim(0, width)
        per_px = MAX_TOTAL / max(height - above - below, height / 2)
        axes.set_ylim(-below * per_px, MAX_TOTAL + above * per_px)
        gap = GAP * font_px
        columns = columns_of([point.taken_at for point in self.points], (gap, width - gap), gap)
        images = list(zip(columns, self.points, strict=True))
        series[0].show([(x, point.predicted) for x, point in images])
        for reader, one in zip(self.readers, series[1:], strict=True):
            one.show([(x, point.total_of(reader)) for x, point in images])
        for x, point in images:
            if point.is_current:
                axes.fill_between([x - gap / 2, x + gap / 2], 0, MAX_TOTAL, color=colours.text, alpha=0.16, linewidth=0)
        self._write(axes, look, columns)
        return [[(x, float(total)) for total in point.totals] for x, point in images]

    def _write(self, axes: Axes, look: ChartLook, columns: Sequence[float]) -> None:
        """Writes the scores above their image's marks, and as many dates below the chart as fit."""
        left = -axes.get_window_extent().x0 / look.pixel_ratio
        texts = ["/".join(str(total) for total in dict.fromkeys(point.totals)) for point in self.points]
        for point, x, text in zip(self.points, columns, texts, strict=True):
            place = _within(x, text_width_px(text, look), left, look)
            axes.annotate(
                text, (x, max(point.totals)), xytext=(place - x, DISC * look.font_px), textcoords="offset points",
                horizontalalignment="center", verticalalignment="bottom",
            )  # fmt: skip
        axes.set_xticks([])
        dates = [_label(point) for point in self.points]
        widths = [text_width_px(date, look) for date in dates]
        places = [_within(x, width, left, look) for x, width in zip(columns, widths, strict=True)]
        for number in self._dates_that_fit(places, widths):
            axes.annotate(
                dates[number], (columns[number], 0), xycoords=axes.get_xaxis_transform(),
                xytext=(places[number] - columns[number], -DATES_BELOW_PX), textcoords="offset points",
                horizontalalignment="center", verticalalignment="top", color=look.colours.muted,
            )  # fmt: skip

    def _dates_that_fit(self, places: Sequence[float], widths: Sequence[float]) -> list[int]:
        """Chooses dates that do not overlap: the current image's first, then the ends, then the others."""
        count = len(self.points)
        current = [number for number, point in enumerate(self.points) if point.is_current]
        chosen: list[int] = []
        for number in dict.fromkeys([*current, 0, count - 1, *range(count)]):
            if all(
                abs(places[number] - places[other]) >= (widths[number] + widths[other]) / 2 + LABEL_GAP_PX
                for other in chosen
            ):
                chosen.append(number)
        return chosen


def columns_of(moments: Sequence[datetime], ends: tuple[float, float], gap: float) -> list[float]:
    """Places of images from left to right: by time, set apart where they would cover each other.

    Args:
        moments: Dates and times, in ascending order.
        ends: Places of the first and the last image.
        gap: The smallest distance between two, where there is room.
    """
    left, right = ends
    width = max(right - left, 1.0)
    if len(moments) < 2 or moments[0] == moments[-1]:
        even = len(moments) + 1
        return [left + (number + 1) * width / even for number in range(len(moments))]
    span = (moments[-1] - moments[0]).total_seconds()
    places = [(moment - moments[0]).total_seconds() / span * width for moment in moments]
    gap = min(gap, width / (len(places) - 1))
    for number in range(1, len(places)):
        places[number] = max(places[number], places[number - 1] + gap)
    squeeze = width / places[-1]
    return [left + place * squeeze for place in places]


def _label(point: TrendPoint) -> str:
    return point.taken_at.date().isoformat()


def _within(x: float, width: float, left: float, look: ChartLook) -> float:
    """The middle of a text at `x`, moved so that the text is not cut off.

    Args:
        x: Distance from the left end of the axes, in pixels of the widget, as is the result.
        width: Width of the text.
        left: The widget's left edge.
        look: The chart's look.
    """
    half = width / 2 + LABEL_GAP_PX / 2
    return min(max(x, left + half), left + look.width_px - half)


@dataclass(frozen=True, eq=False)
class _Series:
    """One line of the chart with its marks."""

    label: str
    line: Line2D
    marks: Line2D

    @classmethod
    def of_predictions(cls, axes: Axes, look: ChartLook, label: str) -> _Series:
        """A whole line with discs."""
        colour = look.colours.text
        line = axes.plot([], [], color=colour, alpha=0.45, linewidth=1.2)[0]
        marks = axes.plot([], [], "o", markersize=DISC * look.font_px, color=colour, markeredgewidth=0, **MARKS)[0]
        return cls._of(label, line, marks)

    @classmethod
    def of_reader(cls, axes: Axes, look: ChartLook, reader: str, number: int) -> _Series:
        """A dashed line with open marks, so that a disc below them is still seen; readers differ in both."""
        colour = look.colours.accent
        line = axes.plot(
            [], [], color=colour, alpha=0.7, linewidth=1.2, linestyle=DASHES[number % len(DASHES)]
        )[0]  # fmt: skip
        marks = axes.plot(
            [], [], READER_MARKS[number % len(READER_MARKS)], markersize=DIAMOND * look.font_px, color=colour,
            markerfacecolor="none", markeredgewidth=2, **MARKS,
        )[0]  # fmt: skip
        return cls._of(_label_of(reader, look), line, marks)

    @classmethod
    def _of(cls, label: str, line: Line2D, marks: Line2D) -> _Series:
        for artist in (line, marks):
            artist.set_in_layout(False)  # while empty, it would take room at the corner
        return cls(label, line, marks)

    def show(self, places: Sequence[tuple[float, int | None]]) -> None:
        """Draws the scores that there are."""
        known = [(x, y) for x, y in places if y is not None]
        for artist in (self.line, self.marks):
            artist.set_data([x for x, _y in known], [y for _x, y in known])


def _label_of(reader: str, look: ChartLook) -> str:
    """A reader's name, as much of it as fits beside its mark."""
    letters = int((look.width_px / look.font_px - NARROW_HANDLE - 2) / LETTER)
    most = max(min(letters, LONGEST_LABEL), 4)
    return reader if len(reader) <= most else f"{reader[: most - 1].rstrip()}…"


def _add_legend(axes: Axes, handles: Mapping[str, object], look: ChartLook) -> Legend:
    """Adds the legend below the chart, in as many columns as fit."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("The axes belong to no figure.")
    room = (look.width_px - look.font_px) * look.pixel_ratio
    length = HANDLE if look.width_px >= NARROW * look.font_px else NARROW_HANDLE
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(
            handles=list(handles.values()), labels=list(handles), loc="outside lower left", ncols=columns,
            handlelength=length, handletextpad=0.45, columnspacing=0.8, labelspacing=0.2, borderpad=0.1,
            borderaxespad=0.4,
        )  # fmt: skip
        if columns == 1 or legend.get_window_extent().width <= room:
            break
        legend.remove()
    return legend

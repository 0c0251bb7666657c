"""Charts drawn in memory by matplotlib: from a look to an image and the places of its marks.

Only for jobs: matplotlib is imported with the first chart, which takes about a second.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.settings.paths import charts_cache_dir

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONT = "DejaVu Sans"
"""Comes with matplotlib; has the letters of European languages and all signs of numbers."""
POINTS_PER_INCH = 72
"""At this many dots per inch one of matplotlib's points is one pixel of the window."""

Place = tuple[float, float]
"""x and y, in data units, or in pixels of the widget from its upper left corner."""


@dataclass(frozen=True, slots=True)
class ChartColours:
    """Colours of a chart as #rrggbb: background, texts and marks, less important texts, and highlights."""

    background: str
    text: str
    muted: str
    accent: str


@dataclass(frozen=True, slots=True)
class ChartLook:
    """Size, fonts and colours of a chart.

    Attributes:
        width_px, height_px: Size of the widget.
        pixel_ratio: Pixels of the screen per pixel of the widget.
        font_px: Font size in pixels of the widget.
    """

    width_px: int
    height_px: int
    pixel_ratio: float
    font_px: float
    colours: ChartColours


@dataclass(frozen=True, slots=True)
class ChartImage:
    """A finished drawing of a chart.

    Attributes:
        rgba: 8 bits each of red, green, blue and alpha, rows from the top.
        width, height: Size in pixels of the screen.
        look: The look it was drawn with.
        marks: For each item, in the chart's order, the places of its marks, in pixels of the widget.
        area: left, top, right and bottom of the axes, in pixels of the widget.
    """

    rgba: bytes
    width: int
    height: int
    look: ChartLook
    marks: tuple[tuple[Place, ...], ...]
    area: tuple[float, float, float, float]


_one_at_a_time = threading.Lock()
"""All threads share matplotlib's settings."""

Fill = Callable[["Axes"], Sequence[Sequence[Place]]]
"""Draws into axes, and returns for each item the places of its marks in data units."""


def draw(look: ChartLook, fill: Fill) -> ChartImage:
    """Draws a chart with one pair of axes.

    matplotlib's settings are its defaults and `look`, whatever a `matplotlibrc` on this machine says, and are restored
    afterwards.
    """
    # Read when matplotlib is first imported; it caches the list of the machine's fonts there.
    os.environ["MPLCONFIGDIR"] = str(charts_cache_dir())
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _one_at_a_time, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_style(look))
        size_inches = (look.width_px / POINTS_PER_INCH, look.height_px / POINTS_PER_INCH)
        figure = Figure(figsize=size_inches, dpi=POINTS_PER_INCH * look.pixel_ratio, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        marks = fill(axes)
        canvas.draw()
        height, width = canvas.buffer_rgba().shape[:2]
        box = axes.get_window_extent()

        def place(x: float, y: float) -> Place:
            """From pixels of the screen, upwards, to pixels of the widget, downwards."""
            return float(x / look.pixel_ratio), float((height - y) / look.pixel_ratio)

        image = ChartImage(
            rgba=canvas.buffer_rgba().tobytes(),
            width=width,
            height=height,
            look=look,
            marks=tuple(tuple(place(*axes.transData.transform(mark)) for mark in group) for group in marks),
            area=(*place(box.x0, box.y1), *place(box.x1, box.y0)),
        )
        figure.clear()  # its parts refer to each other, and would otherwise wait for garbage collection
        return image


def lay_out(axes: Axes, look: ChartLook) -> Place:
    """Lays out everything drawn so far, and keeps this layout.

    Returns:
        Width and height of the axes in pixels of the widget.
    """
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("The axes belong to no figure.")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    box = axes.get_window_extent()
    return box.width / look.pixel_ratio, box.height / look.pixel_ratio


def text_width_px(text: str, look: ChartLook) -> float:
    """Width of a text in the chart's font size, in pixels of the widget."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _height, _descent = text_to_path.get_text_width_height_descent(
        text, FontProperties(family=FONT, size=look.font_px), ismath=False
    )
    return float(width)


def _style(look: ChartLook) -> dict[Any, Any]:
    colours = look.colours
    return {
        "font.family": [FONT],
        "font.size": look.font_px,
        "axes.labelsize": look.font_px,
        "xtick.labelsize": look.font_px,
        "ytick.labelsize": look.font_px,
        "legend.fontsize": look.font_px,
        "legend.frameon": False,
        "figure.facecolor": colours.background,
        "axes.facecolor": colours.background,
        "text.color": colours.text,
        "axes.labelcolor": colours.text,
        "xtick.color": colours.muted,
        "ytick.color": colours.muted,
        "grid.color": colours.text,
        "grid.alpha": 0.16,
        "grid.linewidth": 1.0,
        "axes.axisbelow": True,
        "axes.spines.left": False,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.spines.bottom": False,
        "xtick.major.size": 0.0,
        "ytick.major.size": 0.0,
        "figure.constrained_layout.h_pad": 0.06,
        "figure.constrained_layout.w_pad": 0.06,
    }

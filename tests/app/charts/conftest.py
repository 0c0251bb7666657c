"""Charts are drawn without a window: images as (H, W, 3) arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.charts.chart_image import ChartColours, ChartLook

DARK = ChartColours(background="#1d2024", text="#dfe3e7", muted="#a3acb6", accent="#6cc4de")
LIGHT = ChartColours(background="#f2f3f5", text="#1c2127", muted="#515963", accent="#0b5a80")


@pytest.fixture(autouse=True)
def own_cache(own_home):
    """matplotlib keeps nothing in the home of whoever runs the tests."""


@pytest.fixture
def look() -> ChartLook:
    """A dark chart of 400 by 300 pixels."""
    return ChartLook(400, 300, 1.0, 13.0, DARK)


@pytest.fixture
def light(look) -> ChartLook:
    """The same in light colours."""
    return replace(look, colours=LIGHT)


def pixels(image):
    """(H, W, 3) uint8."""
    return np.frombuffer(image.rgba, np.uint8).reshape(image.height, image.width, 4)[..., :3]


def colour(text):
    """(3,) of #rrggbb."""
    return np.array([int(text[start : start + 2], 16) for start in (1, 3, 5)])


def colour_at(image, place):
    """What is seen at a place of the widget."""
    x, y = (round(value * image.look.pixel_ratio - 0.5) for value in place)
    return pixels(image)[y, x].astype(int)


def is_near(one, other):
    """Whether two colours look the same."""
    return bool(np.abs(np.asarray(one, int) - np.asarray(other, int)).max() <= 6)


def drawn_at_the_edges(image):
    """Whether anything but the ground touches the outermost rows and columns."""
    seen = pixels(image)
    ground = colour(image.look.colours.background)
    edges = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    return bool((np.abs(edges.astype(int) - ground) > 6).any())

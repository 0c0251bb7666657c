import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import matplotlib
import pytest

from app.charts.chart_image import draw
from app.charts.trend_chart import TrendContent, TrendPoint
from bsnet_core.resources import resources_dir
from tests.app.charts.conftest import colour, is_near, pixels

DRAW_ONE = """
import sys, json
from datetime import datetime
from app.charts.chart_image import ChartColours, ChartLook
from app.charts.trend_chart import TrendContent, TrendPoint
loaded = sorted(sys.modules)
look = ChartLook(300, 200, 1.0, 13.0, ChartColours("#000000", "#ffffff", "#ffffff", "#ffffff"))
chart = TrendContent((TrendPoint(datetime(2020, 1, 1), 4),), "prediction", "shown").draw(look)
print(json.dumps([loaded, sorted(sys.modules), chart.width]))
"""


def test_the_places_of_the_data_are_pixels_of_the_widget_at_every_density(look):
    def fill(axes):
        axes.set_xlim(0, 10)
        axes.set_ylim(0, 4)
        return [[(0, 0), (10, 4)], [(5, 1)]]

    for ratio in (1.0, 1.5, 2.0):
        image = draw(replace(look, pixel_ratio=ratio), fill)
        assert (image.width, image.height) == (400 * ratio, 300 * ratio)
        left, top, right, bottom = image.area
        (lower_left, upper_right), (middle,) = image.marks
        assert lower_left == pytest.approx((left, bottom))
        assert upper_right == pytest.approx((right, top))
        assert middle == pytest.approx(((left + right) / 2, bottom - (bottom - top) / 4))
        assert 0 < left < right < 400
        assert 0 < top < bottom < 300


def test_the_ground_has_the_theme_s_colour(look, light):
    for one in (look, light):
        image = draw(one, lambda axes: [])
        assert is_near(pixels(image)[0, 0], colour(one.colours.background))


def test_settings_of_others_are_neither_used_nor_changed(look):
    with matplotlib.rc_context({"figure.facecolor": "red", "font.size": 3.0}):
        before = dict(matplotlib.rcParams)
        image = draw(look, lambda axes: [])
        assert dict(matplotlib.rcParams) == before
    assert is_near(pixels(image)[0, 0], colour(look.colours.background))


def test_matplotlib_comes_with_the_first_chart_without_qt_and_keeps_to_the_viewer_s_own_cache(tmp_path):
    home, elsewhere = tmp_path / "another-home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MPL"))}
    environment = kept | {"HOME": str(home), "LOCALAPPDATA": str(home), "PYTHONPATH": str(resources_dir().parent)}
    result = subprocess.run(
        [sys.executable, "-c", DRAW_ONE], env=environment, capture_output=True, text=True, check=True, cwd=elsewhere
    )
    before, after, width = json.loads(result.stdout)
    assert "matplotlib" not in before
    assert {"matplotlib.pyplot", "PySide6"}.isdisjoint(after)
    assert width == 300
    fonts = list(home.rglob("fontlist*.json"))
    assert [file.parent.name for file in fonts] == ["charts"]
    assert not (home / ".config").exists()
    if os.name == "posix":
        assert stat.S_IMODE(fonts[0].parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(fonts[0].parents[1].stat().st_mode) == 0o700
    assert list(elsewhere.iterdir()) == []


def test_drawing_twice_gives_the_same_picture(look):
    drawing = TrendContent((TrendPoint(datetime(2020, 1, 1), 4),), "prediction", "shown")
    assert drawing.draw(look) == drawing.draw(look)
    assert Path(os.environ["MPLCONFIGDIR"]).name == "charts"

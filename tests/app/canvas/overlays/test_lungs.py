import pytest
from PySide6.QtCore import QPointF

from app.canvas.overlays import lungs
from tests.app.canvas.overlays.painted import GREY, HEIGHT, WIDTH, painted
from tests.app.predictions import SIDE, prediction

pytestmark = pytest.mark.usefixtures("qapp")  # text is drawn


def test_the_lung_overlay_covers_the_lung_mask_and_nothing_else():
    result = prediction()
    outline = lungs.outline_of(result)
    pixels = painted(lambda painter, to_view: lungs.paint(painter, to_view, outline, 1.0))
    touched = (pixels != GREY).any(axis=2)
    assert (touched == result.lung_mask).mean() > 0.97
    assert touched[result.lung_mask].mean() > 0.99
    red, green, blue = pixels[HEIGHT // 2, round(WIDTH * 21 / SIDE)]
    assert blue > red
    assert green > red


def test_the_lung_outline_has_one_piece_per_lung():
    path = lungs.outline_of(prediction()).path
    assert len(path.toSubpathPolygons()) == 2
    assert path.contains(QPointF(WIDTH * 21 / SIDE, HEIGHT / 2))
    assert not path.contains(QPointF(WIDTH / 2, HEIGHT / 2))

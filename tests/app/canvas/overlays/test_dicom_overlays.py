import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QTransform

from app.canvas.overlays import dicom_overlays
from bsnet_core.radiograph import OverlayPlane, Shutter
from tests.app.canvas.overlays.painted import GREY, HEIGHT, WIDTH, painted
from tests.app.predictions import IMAGE_SHAPE

pytestmark = pytest.mark.usefixtures("qapp")  # text is drawn


def test_the_shutter_blackens_all_but_the_circle():
    outside = dicom_overlays.shutter_path(Shutter(circle=(100, 120, 50)), IMAGE_SHAPE, 1.0)
    pixels = painted(lambda painter, to_view: dicom_overlays.paint_shutter(painter, to_view, outside))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    distance = np.hypot(x - 100, y - 120)
    assert (pixels[distance < 48] == GREY).all()
    assert (pixels[distance > 52] == 0).all()


def test_an_overlay_plane_is_drawn_in_its_place_and_turns_with_the_picture():
    drawn = np.zeros((20, 30), bool)
    drawn[5:15, 10:20] = True
    image = dicom_overlays.PlaneImage(OverlayPlane(drawn, left=40, top=60))
    size = QSize(WIDTH, HEIGHT)
    pixels = painted(lambda painter, to_view: image.paint(painter, to_view, size, 1.0, 1.0))
    rows, columns = np.nonzero((pixels != GREY).any(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (65, 74, 50, 59)
    assert tuple(pixels[70, 55]) == dicom_overlays.PLANE_COLOUR
    turned = QTransform(0, 1, -1, 0, 200, 0)
    pixels = painted(lambda painter, to_view: image.paint(painter, turned, size, 1.0, 0.5))
    rows, columns = np.nonzero((pixels != GREY).any(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (50, 59, 125, 134)

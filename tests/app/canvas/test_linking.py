import pytest
from PySide6.QtCore import QPointF, QSizeF

from app.canvas.drawing.orientation import Orientation
from app.canvas.geometry import ViewGeometry
from app.canvas.linking import linked
from bsnet_core.frames import Aspect, Frames
from tests.app.predictions import alignment


def frames_of(shape, angle_deg=0.0, scale=0.7):
    return Frames.fit(shape, 64, Aspect.STRETCH).with_alignment(alignment(angle_deg, scale))


def test_a_picture_twice_as_fine_is_linked_at_half_the_scale():
    coarse = ViewGeometry.fitted(QSizeF(320, 400), 1.0, QSizeF(500, 500))
    fine = ViewGeometry.fitted(QSizeF(640, 800), 1.0, QSizeF(500, 500), Orientation(1))
    leader = coarse.zoomed(2, QPointF(100, 100))
    followed = linked(leader, frames_of((400, 320)), fine, frames_of((800, 640)))
    assert followed.scale == pytest.approx(leader.scale / 2)
    assert followed.orientation == Orientation(1)

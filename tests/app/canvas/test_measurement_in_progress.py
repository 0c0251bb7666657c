import pytest

from app.canvas.measurement_in_progress import MeasurementInProgress
from app.canvas.measuring import (
    Angle,
    Distance,
    RegionShape,
)
from app.canvas.modes import ViewMode


def test_an_angle_needs_three_points_and_a_distance_two():
    drawing = MeasurementInProgress(ViewMode.ANGLE, (0, 0))
    assert drawing.fix((10, 0)) is None
    drawing.move((5, 5))
    assert drawing.preview == Angle((0, 0), (10, 0), (5, 5))
    assert drawing.fix((10, 10)) == Angle((0, 0), (10, 0), (10, 10))
    assert MeasurementInProgress(ViewMode.DISTANCE, (0, 0)).fix((1, 1)) == Distance((0, 0), (1, 1))
    assert MeasurementInProgress(ViewMode.ROI_ELLIPSE, (0, 0)).fix((1, 1)).shape is RegionShape.ELLIPSE


def test_every_mode_that_measures_gives_its_own_measurement_and_no_other_mode_any():
    for mode in ViewMode:
        if mode.is_measuring:
            made = MeasurementInProgress(mode, (0, 0))
            made.fix((10, 0)) if mode is ViewMode.ANGLE else None
            assert made.fix((10, 10)) is not None
        else:
            with pytest.raises(ValueError, match="measures nothing"):
                MeasurementInProgress(mode, (0, 0))
    assert MeasurementInProgress(ViewMode.ROI, (0, 0)).fix((1, 1)).shape is RegionShape.RECTANGLE

import numpy as np
import pytest

from app.canvas.probe import probe
from bsnet_core.radiograph import Radiograph
from tests.app.canvas.cases import ORIENTATIONS
from tests.app.canvas.handling import hover, lie, near
from tests.app.canvas.seen import screen
from tests.dicom_files import ramp

STORED = np.arange(12, dtype=np.uint16).reshape(3, 4)


def test_the_probe_names_padding_and_signed_values():
    radiograph = Radiograph(STORED, -5, 12, monochrome1=False, rescale_slope=2.0, padding=(-5, -5))
    table = np.full(65536, 9, np.uint8)
    assert probe(radiograph, table, (0.2, 0.9)).text == "x 0, y 0: stored -5, modality -10, grey level 9, padding"
    assert probe(radiograph, table, (3.9, 2.9)).stored == 6
    for outside in ((-0.1, 0), (4.0, 0), (0, 3.0)):
        assert probe(radiograph, table, outside) is None


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_probe_tells_the_pixel_under_the_pointer_in_every_orientation(show, orientation):
    view = show(RescaleSlope="2", RescaleIntercept="-100", PhotometricInterpretation="MONOCHROME1")
    lie(view, orientation)
    heard, places = [], []
    view.probed.connect(heard.append)
    view.pointer_moved.connect(lambda x, y: places.append((x, y)))
    place = hover(view, (33.5, 120.5))
    reading = heard[-1]
    stored = int(ramp()[120, 33])
    assert (reading.column, reading.row, reading.stored) == (33, 120, stored)
    assert reading.modality == 2 * stored - 100
    assert abs(reading.displayed - screen(view)[round(place.y()), round(place.x())]) <= 12
    assert near(places, [(33.5, 120.5)])
    hover(view, (-5, 3))
    assert heard[-1] is None

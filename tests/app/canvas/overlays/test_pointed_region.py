import pytest

from app.canvas.overlays import pointed_region
from app.canvas.overlays.map_regions import border_of_superpixel
from bsnet_core.brixia import Zone
from tests.app.canvas.overlays.painted import GREY, HEIGHT, WIDTH, painted
from tests.app.predictions import explanation, prediction

pytestmark = pytest.mark.usefixtures("qapp")


def test_the_border_is_drawn_around_the_region_and_other_zones_it_acts_on_are_framed():
    result = prediction()
    border = border_of_superpixel(explanation({}), result, 5)

    def drawn(*zones):
        region = pointed_region.PointedRegion(border, result.frames, zones)
        return (painted(lambda painter, to_view: pointed_region.paint(painter, to_view, region)) != GREY).any(axis=2)

    alone, with_f = drawn(), drawn(Zone.F)
    rows, columns = alone.nonzero()
    assert rows.min() == pytest.approx(HEIGHT / 4, abs=6)
    assert columns.max() == pytest.approx(WIDTH / 2, abs=6)
    assert not alone[round(HEIGHT * 0.375), round(WIDTH * 0.375)]  # the part itself stays visible
    assert not alone[round(HEIGHT * 0.7) :].any()
    assert with_f[round(HEIGHT * 0.7) :].any()

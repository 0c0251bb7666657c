from dataclasses import replace

from app.canvas.annotation_painting import HISTOGRAM_PX
from app.canvas.measuring import Region


def test_beside_a_region_stands_a_histogram_of_its_values_as_wide_as_its_text(show):
    view = show()
    region = Region((20.0, 20.0), (60.0, 60.0))
    view.annotations.add(region, "Region")
    drawn = view.grab().toImage()
    known = view._editor._descriptions
    known[region] = replace(known[region], histogram=())
    without = view.grab().toImage()
    differing = [
        (x, y) for x in range(drawn.width()) for y in range(drawn.height()) if drawn.pixel(x, y) != without.pixel(x, y)
    ]
    left, right = min(x for x, _ in differing), max(x for x, _ in differing)
    assert right - left > 80
    assert max(y for _, y in differing) - min(y for _, y in differing) <= HISTOGRAM_PX

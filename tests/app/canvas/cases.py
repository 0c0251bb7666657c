"""Orientations and polarities that every view must get right."""

import pytest

from app.canvas.drawing.orientation import Orientation

POLARITIES = [
    pytest.param("MONOCHROME2", False, id="monochrome2"),
    pytest.param("MONOCHROME1", False, id="monochrome1"),
    pytest.param("MONOCHROME2", True, id="inverted"),
    pytest.param("MONOCHROME1", True, id="monochrome1-inverted"),
]
ORIENTATIONS = [Orientation(turns, mirrored) for turns in range(4) for mirrored in (False, True)]

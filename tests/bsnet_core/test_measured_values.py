"""What is known of a picture's values."""

from __future__ import annotations

import numpy as np

from bsnet_core import display
from bsnet_core.radiograph import Radiograph


def test_a_measured_picture_is_not_searched_again(monkeypatch):
    stored = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    radiograph = Radiograph(stored, stored_offset=0, bits_stored=12, monochrome1=False)
    display.measure_values(radiograph)
    before = display.presets(radiograph), display.modality_range(radiograph)
    monkeypatch.setattr(np, "bincount", None)
    assert (display.presets(radiograph), display.modality_range(radiograph)) == before

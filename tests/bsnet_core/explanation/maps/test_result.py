"""The map of an explanation, in the network frame and on the original image."""

import numpy as np

from bsnet_core.brixia import Zone


def test_the_map_spreads_each_contribution_over_its_superpixel(explained):
    shown = explained.map_of(Zone.E, 2)
    assert shown.shape == explained.superpixels.shape
    inside = explained.superpixels == 3
    assert np.unique(shown[inside]).tolist() == [explained.contributions[3, Zone.E.row, Zone.E.column, 2]]


def test_the_map_lies_on_the_original_pixel_grid_with_unmixed_values(explained, prediction):
    shown = explained.image_map_of(Zone.B, 1)
    assert shown.shape == prediction.frames.image_shape
    assert set(np.unique(shown)) <= set(np.unique(explained.contributions[:, Zone.B.row, Zone.B.column, 1]))
    height, width = shown.shape
    labels = explained.image_superpixels()
    assert labels[height // 2, width // 2] == explained.superpixels[32, 32]
    assert shown[0, -1] == explained.contributions[labels[0, -1], Zone.B.row, Zone.B.column, 1]

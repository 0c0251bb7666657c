"""Super-pixels by the faster algorithm against scikit-image."""

import numpy as np
import pytest

from bsnet_core.explanation import superpixels_of
from bsnet_core.explanation.maps.superpixels import reference_superpixels_of
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files


def test_superpixels_cover_the_picture_without_gaps_and_repeat(explained, prediction):
    labels = explained.superpixels
    assert set(np.unique(labels)) == set(range(len(explained.contributions)))
    assert np.array_equal(labels, superpixels_of(prediction.network_image))
    assert len(explained.contributions) > 20


@pytest.mark.parametrize("number", range(len(sample_files())))
def test_faster_quickshift_gives_scikit_image_s_partition(predictor, number):
    from bsnet_core.preprocessing import preprocess

    config = predictor.card.config
    image, _ = preprocess(load_radiograph(sample_files()[number]).pixels, config.side_px, config.aspect)
    assert np.array_equal(superpixels_of(image), reference_superpixels_of(image))


@pytest.mark.parametrize("values", ["noise", "flat", "letterbox"])
def test_faster_quickshift_agrees_on_pictures_full_of_ties(values):
    rng = np.random.default_rng(4)
    image = np.full((96, 96), 0.3, dtype=np.float32)
    if values == "noise":
        image = rng.random((96, 96), dtype=np.float32)
    elif values == "letterbox":
        image[:, :20] = image[:, -20:] = 0
        image[40:60, 30:50] = 1
    assert np.array_equal(superpixels_of(image), reference_superpixels_of(image))

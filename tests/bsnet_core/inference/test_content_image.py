"""The image as the content check sees it, and its plain statistics."""

import cv2
import numpy as np

from bsnet_core.inference.content_image import (
    BANDS,
    SHARPNESS_SIDE_PX,
    SIDE_PX,
    STATISTICS,
    content_image,
    for_backbone,
    plain_statistics,
)
from bsnet_core.standard_orientation import StandardOrientation


def textured(height=600, width=500):
    return np.random.default_rng(0).random((height, width), dtype=np.float32)


def test_squares_and_statistics_have_their_sizes():
    square = content_image(textured())
    assert square.shape == (SHARPNESS_SIDE_PX, SHARPNESS_SIDE_PX)
    assert for_backbone(square).shape == (SIDE_PX, SIDE_PX)
    assert plain_statistics(square).shape == (STATISTICS,)


def test_the_image_is_seen_in_standard_orientation():
    pixels = np.zeros((400, 400), np.float32)
    pixels[:100, :100] = 1  # patient's head and right by the letters below: rows run to the head, columns to the left
    square = content_image(pixels, StandardOrientation.of(("R", "F")))
    assert square[:40, -40:].mean() == 1


def test_blur_lowers_the_finest_octave_most():
    sharp = textured()
    blurred = cv2.GaussianBlur(sharp, (0, 0), 8)
    loss = (plain_statistics(content_image(sharp)) - plain_statistics(content_image(blurred)))[:BANDS]
    assert loss[0] > loss[-1] > -0.5
    assert loss[0] > 1


def test_the_grey_levels_for_the_backbone_do_not_depend_on_the_window():
    square = content_image(textured())
    assert np.allclose(for_backbone(square), for_backbone(0.3 + 0.4 * square), atol=1e-5)


def test_an_image_of_one_value_gives_finite_numbers():
    square = content_image(np.full((300, 300), 0.5, np.float32))
    assert np.isfinite(plain_statistics(square)).all()
    assert np.isfinite(for_backbone(square)).all()

import cv2
import numpy as np
import pytest

from bsnet_core.frames import Aspect
from bsnet_core.loading import load_radiograph
from bsnet_core.preprocessing import (
    FAST_PATH_TOLERANCE,
    preprocess,
    preprocess_reference,
)
from bsnet_core.resources import sample_files


@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.stem)
def test_the_fast_path_stays_within_its_tolerance_of_the_reference(path):
    pixels = load_radiograph(path).pixels
    fast, frames = preprocess(pixels, 384, Aspect.STRETCH)
    reference, reference_frames = preprocess_reference(pixels, 384, Aspect.STRETCH)
    assert np.array_equal(frames.image_to_network, reference_frames.image_to_network)
    assert np.abs(fast - reference).mean() < FAST_PATH_TOLERANCE
    assert np.corrcoef(fast.ravel(), reference.ravel())[0, 1] > 0.99


def test_the_fast_path_stays_within_its_tolerance_at_a_detectors_size():
    pixels = cv2.resize(np.array(load_radiograph(sample_files()[0]).pixels), (3000, 3000))
    grainy = np.clip(pixels + np.random.default_rng(0).normal(0, 0.0015, pixels.shape), 0, 1).astype(np.float32)
    fast, _ = preprocess(grainy, 384, Aspect.STRETCH)
    reference, _ = preprocess_reference(grainy, 384, Aspect.STRETCH)
    assert np.abs(fast - reference).mean() < FAST_PATH_TOLERANCE
    assert np.corrcoef(fast.ravel(), reference.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("shape", [(400, 300), (300, 400), (200, 200), (3000, 2500)])
def test_the_result_fills_its_box_with_0_to_1_and_leaves_the_rest_black(shape):
    rng = np.random.default_rng(1)
    network_image, frames = preprocess(rng.random(shape, dtype=np.float32), 384, Aspect.KEEP)
    left, top, width, height = frames.box
    inside = network_image[top : top + height, left : left + width]
    assert network_image.shape == (384, 384)
    assert network_image.dtype == np.float32
    assert 0 <= inside.min() < 0.3
    assert 0.7 < inside.max() <= 1
    assert network_image.sum() == pytest.approx(inside.sum())


def test_brightness_and_contrast_of_the_source_hardly_matter():
    pixels = load_radiograph(sample_files()[0]).pixels
    plain, _ = preprocess(pixels, 256, Aspect.STRETCH)
    dim, _ = preprocess(pixels * np.float32(0.4) + np.float32(0.3), 256, Aspect.STRETCH)
    assert np.abs(plain - dim).mean() < 0.01


def test_a_blank_picture_does_not_divide_by_zero():
    network_image, _ = preprocess(np.zeros((200, 200), np.float32), 256, Aspect.STRETCH)
    assert np.isfinite(network_image).all()

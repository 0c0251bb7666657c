import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bsnet_core.frames import Aspect, Frames, apply
from bsnet_core.model.resampling import resample

TILT = np.array([[0.8 * np.cos(0.3), -0.7 * np.sin(0.3), 0.1], [0.8 * np.sin(0.3), 0.7 * np.cos(0.3), -0.05]])
sides = st.integers(130, 4000)


@given(height=sides, width=sides, aspect=st.sampled_from(Aspect))
def test_points_return_to_where_they_came_from(height, width, aspect):
    frames = Frames.fit((height, width), 384, aspect).with_alignment(TILT)
    points = np.array([[0, 0], [width, height], [width * 0.3, height * 0.8]])
    there = apply(frames.image_to_aligned, points)
    assert np.allclose(apply(frames.aligned_to_image, there), points, atol=1e-6)
    there = apply(frames.image_to_network, points)
    assert np.allclose(apply(frames.network_to_image, there), points, atol=1e-6)


@given(height=sides, width=sides)
def test_kept_aspect_lies_inside_the_square_and_stretch_fills_it(height, width):
    left, top, box_width, box_height = Frames.fit((height, width), 512, Aspect.KEEP).box
    assert left >= 0
    assert top >= 0
    assert left + box_width <= 512
    assert top + box_height <= 512
    assert max(box_width, box_height) == 512
    assert Frames.fit((height, width), 512, Aspect.STRETCH).box == (0, 0, 512, 512)


@pytest.mark.parametrize("aspect", Aspect)
@pytest.mark.parametrize("shape", [(301, 201), (512, 512), (777, 1203)])
def test_a_network_map_lands_on_the_image_where_the_point_map_says(aspect, shape):
    frames = Frames.fit(shape, 256, aspect)
    yy, xx = np.mgrid[0:256, 0:256].astype(np.float32) + 0.5
    columns = np.asarray(frames.network_map_to_image(xx))
    rows = np.asarray(frames.network_map_to_image(yy))
    height, width = shape
    points = np.array([[width * 0.3, height * 0.4], [width * 0.75, height * 0.6]]).round() + 0.5
    expected = apply(frames.image_to_network, points)
    for (x, y), (network_x, network_y) in zip(points, expected, strict=True):
        assert columns[int(y), int(x)] == pytest.approx(network_x, abs=0.02)
        assert rows[int(y), int(x)] == pytest.approx(network_y, abs=0.02)


def test_labels_keep_their_values_on_the_way_to_the_image():
    labels = np.arange(256, dtype=np.int32).reshape(16, 16).repeat(16, 0).repeat(16, 1)
    mapped = np.asarray(Frames.fit((333, 500), 256, Aspect.STRETCH).network_map_to_image(labels, nearest=True))
    assert mapped.shape == (333, 500)
    assert set(np.unique(mapped)) == set(np.unique(labels))


def test_the_aligned_frame_is_the_one_grid_sample_makes():
    frames = Frames.fit((128, 128), 128, Aspect.STRETCH).with_alignment(TILT)
    yy, xx = np.mgrid[0:128, 0:128].astype(np.float32) + 0.5
    coordinates = torch.from_numpy(np.stack([xx, yy])[None])
    sampled = resample(coordinates, torch.from_numpy(TILT).float()[None])[0].numpy()
    for aligned_x, aligned_y in [(64.5, 64.5), (40.5, 80.5)]:
        x, y = apply(frames.aligned_to_network, [[aligned_x, aligned_y]])[0]
        assert sampled[0, int(aligned_y), int(aligned_x)] == pytest.approx(x, abs=1e-3)
        assert sampled[1, int(aligned_y), int(aligned_x)] == pytest.approx(y, abs=1e-3)


def test_points_of_the_aligned_frame_lie_where_torchs_own_grid_reads():
    frames = Frames.fit((200, 320), 96, Aspect.KEEP).with_alignment(TILT)
    grid = torch.nn.functional.affine_grid(torch.from_numpy(TILT)[None], [1, 1, 96, 96], align_corners=False)[0]
    network_points = (grid.numpy() + 1) * 96 / 2
    yy, xx = np.mgrid[0:96, 0:96] + 0.5
    mapped = apply(frames.aligned_to_network, np.stack([xx.ravel(), yy.ravel()], axis=1))
    assert np.allclose(mapped, network_points.reshape(-1, 2), atol=1e-9)


@pytest.mark.parametrize("aspect", Aspect)
def test_an_image_map_lands_in_the_aligned_frame_where_the_point_map_says(aspect):
    frames = Frames.fit((301, 203), 128, aspect).with_alignment(TILT)
    yy, xx = np.mgrid[0:301, 0:203].astype(np.float32) + 0.5
    columns = np.asarray(frames.image_map_to_aligned(xx))
    rows = np.asarray(frames.image_map_to_aligned(yy))
    for aligned_x, aligned_y in [(64.5, 64.5), (50.5, 70.5), (75.5, 58.5)]:
        x, y = apply(frames.aligned_to_image, [[aligned_x, aligned_y]])[0]
        # OpenCV's warp counts in steps of 1/32 pixel.
        assert columns[int(aligned_y), int(aligned_x)] == pytest.approx(x, abs=0.05)
        assert rows[int(aligned_y), int(aligned_x)] == pytest.approx(y, abs=0.05)


@given(height=st.integers(130, 900), width=st.integers(130, 900), aspect=st.sampled_from(Aspect))
def test_every_label_of_the_image_is_the_one_under_its_centre(height, width, aspect):
    labels = np.arange(64 * 64, dtype=np.int32).reshape(64, 64)
    frames = Frames.fit((height, width), 64, aspect)
    mapped = np.asarray(frames.network_map_to_image(labels, nearest=True))
    rows, columns = np.array([0, height // 3, height - 1]), np.array([0, width // 2, width - 1])
    centres = apply(frames.image_to_network, np.stack([columns, rows], axis=1) + 0.5)
    # Centres on an edge between two network pixels may fall to either side by rounding.
    clear = (np.abs(centres - centres.round()) > 1e-6).all(axis=1)
    x, y = np.floor(centres[clear]).astype(int).T
    assert mapped.shape == (height, width)
    assert mapped[rows[clear], columns[clear]].tolist() == labels[y, x].tolist()


def test_without_alignment_the_aligned_frame_is_the_network_frame():
    frames = Frames.fit((777, 1203), 384, Aspect.KEEP)
    assert np.array_equal(frames.aligned_to_network, [[1, 0, 0], [0, 1, 0]])
    assert np.array_equal(frames.aligned_to_image, frames.network_to_image)
    assert frames.alignment_angle_deg == 0


def test_the_corners_of_the_picture_are_the_corners_of_its_box():
    frames = Frames.fit((777, 1203), 384, Aspect.KEEP)
    left, top, width, height = frames.box
    corners = apply(frames.image_to_network, [[0, 0], [1203, 777]])
    assert np.allclose(corners, [[left, top], [left + width, top + height]], atol=1e-9)
    assert (width, height) == (384, 248)


def test_showing_the_image_in_the_aligned_frame_agrees_with_the_network():
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.random((256, 256)).astype(np.float32), (0, 0), 4)
    frames = Frames.fit((256, 256), 256, Aspect.STRETCH).with_alignment(TILT)
    mine = np.asarray(frames.image_map_to_aligned(image))
    theirs = resample(torch.from_numpy(image)[None, None], torch.from_numpy(TILT).float()[None])[0, 0].numpy()
    inside = theirs > 0
    assert np.abs(mine - theirs)[inside].mean() < 2e-3


@pytest.mark.parametrize("side", [128, 256, 512])
def test_the_identity_gives_its_input_back_exactly(side):
    maps = torch.rand(1, 2, side, side)
    identity = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    assert torch.equal(resample(maps, identity), maps)


@pytest.mark.parametrize("side", [12, 96, 384])
def test_at_other_sides_the_identity_is_off_by_rounding_only(side):
    maps = torch.rand(1, 1, side, side)
    identity = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    assert torch.allclose(resample(maps, identity), maps, atol=5e-5)


@pytest.mark.parametrize("degrees", [-30.0, 0.0, 12.0, 40.0])
def test_the_alignment_angle_is_the_rotation_put_in(degrees):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0]]) * 0.8
    frames = Frames.fit((600, 600), 384, Aspect.STRETCH).with_alignment(turn)
    assert frames.alignment_angle_deg == pytest.approx(degrees, abs=1e-6)


def test_a_singular_alignment_is_refused_where_it_must_be_inverted():
    frames = Frames.fit((600, 600), 384, Aspect.STRETCH).with_alignment(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="inverted"):
        _ = frames.image_to_aligned

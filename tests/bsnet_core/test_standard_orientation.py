from dataclasses import replace

import numpy as np
import pytest

from bsnet_core.brixia import Zone
from bsnet_core.frames import Aspect, Frames, apply
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from bsnet_core.standard_orientation import AS_STORED, StandardOrientation

ORIENTATIONS = [("L", "F"), ("R", "F"), ("L", "H"), ("R", "H"), ("F", "L"), ("F", "R"), ("H", "L"), ("H", "R")]


def stored_as(standard, orientation):
    """The upright picture as a file of this patient orientation holds it, made from the letters alone."""
    along_rows, along_columns = orientation
    stored = standard if along_rows in "LR" else standard.T
    if (along_rows if along_rows in "LR" else along_columns) == "R":
        stored = stored[:, ::-1] if along_rows in "LR" else stored[::-1]
    if (along_columns if along_rows in "LR" else along_rows) == "H":
        stored = stored[::-1] if along_rows in "LR" else stored[:, ::-1]
    return stored


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_stated_orientation_is_turned_upright_and_back(orientation):
    standard = np.arange(12).reshape(3, 4)
    stored = stored_as(standard, orientation)
    turn = StandardOrientation.of(orientation)
    assert np.array_equal(turn.to_standard(stored), standard)
    assert np.array_equal(turn.to_stored(standard), stored)
    assert turn.standard_shape(stored.shape) == standard.shape


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_points_are_turned_as_pixels_are(orientation):
    standard = np.zeros((30, 50))
    standard[4, 33] = 1
    stored = stored_as(standard, orientation)
    ((row, column),) = np.argwhere(stored)
    ((x, y),) = apply(StandardOrientation.of(orientation).affine(stored.shape), [[column + 0.5, row + 0.5]])
    assert (x, y) == (33.5, 4.5)


@pytest.mark.parametrize("orientation", [None, ("", ""), ("A", "F"), ("X", "F"), ("L", "R"), ("F", "H")])
def test_what_is_not_stated_or_of_another_plane_turns_nothing(orientation):
    assert StandardOrientation.of(orientation) == AS_STORED


def test_a_side_stated_alone_counts():
    assert StandardOrientation.of(("R", "")) == StandardOrientation(mirrored_x=True)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("aspect", Aspect)
def test_maps_and_points_of_a_turned_picture_agree(orientation, aspect):
    shape = (300, 200) if orientation[0] in "LR" else (200, 300)
    frames = Frames.fit(shape, 256, aspect, StandardOrientation.of(orientation))
    yy, xx = np.mgrid[0:256, 0:256].astype(np.float32) + 0.5
    columns, rows = frames.network_map_to_image(xx), frames.network_map_to_image(yy)
    assert columns.shape == shape
    points = np.array([[60, 70], [120, 90]]) + 0.5
    for (x, y), (network_x, network_y) in zip(points, apply(frames.image_to_network, points), strict=True):
        assert columns[int(y), int(x)] == pytest.approx(network_x, abs=0.02)
        assert rows[int(y), int(x)] == pytest.approx(network_y, abs=0.02)


@pytest.mark.parametrize("orientation", [("R", "F"), ("L", "H"), ("F", "R")])
def test_the_score_does_not_depend_on_how_the_film_was_stored(predictor, sample_prediction, orientation):
    image = load_radiograph(sample_files()[0])
    stored = replace(
        image,
        stored=np.ascontiguousarray(stored_as(image.stored, orientation)),
        metadata=replace(image.metadata, patient_orientation=orientation),
    )
    prediction = predictor.predict(stored)
    assert prediction.score == sample_prediction.score
    assert np.array_equal(prediction.network_image, sample_prediction.network_image)
    upright_mask = sample_prediction.lung_mask
    assert np.array_equal(prediction.lung_mask, stored_as(upright_mask, orientation))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_zone_a_lies_where_the_film_shows_the_patient_s_upper_right(orientation):
    standard_shape = (400, 300)
    shape = stored_as(np.zeros(standard_shape), orientation).shape
    frames = Frames.fit(shape, 128, Aspect.STRETCH, StandardOrientation.of(orientation))
    centre = np.array([[128 * (0.25 + 0.5 * Zone.A.column), 128 * (0.2 + 0.3 * Zone.A.row)]])
    ((x, y),) = apply(frames.aligned_to_image, centre)
    standard = np.zeros(standard_shape)
    standard[:200, :150] = 1  # the patient's upper right
    assert stored_as(standard, orientation)[int(y), int(x)] == 1

"""Shutter and overlay planes as files state them, well and badly."""

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian

from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import OverlayPlane, Shutter
from tests.dicom_files import chest_dataset, ramp, write_dicom


def with_plane(path, drawn, rows=None, columns=None, origin=(1, 1)):
    dataset = chest_dataset(ramp(), 12)
    packed = np.packbits(drawn.ravel(), bitorder="little").tobytes()
    dataset.add_new((0x6002, 0x10), "US", rows or drawn.shape[0])
    dataset.add_new((0x6002, 0x11), "US", columns or drawn.shape[1])
    dataset.add_new((0x6002, 0x22), "LO", "Marks ")
    dataset.add_new((0x6002, 0x40), "CS", "G")
    dataset.add_new((0x6002, 0x50), "SS", list(origin))
    dataset.add_new((0x6002, 0x100), "US", 1)
    dataset.add_new((0x6002, 0x102), "US", 0)
    dataset.add_new((0x6002, 0x3000), "OW", packed + b"\0" * (len(packed) % 2))
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_an_overlay_plane_is_read_as_drawn_and_where_it_lies(tmp_path):
    drawn = np.random.default_rng(0).random((13, 21)) > 0.5
    (plane,) = load_radiograph(with_plane(tmp_path / "a", drawn, origin=(5, -2))).overlay_planes
    assert isinstance(plane, OverlayPlane)
    assert np.array_equal(plane.drawn, drawn)
    assert (plane.top, plane.left, plane.description) == (4, -3, "Marks")


@pytest.mark.parametrize(("rows", "columns"), [(65535, 65535), (14, 21)])
def test_a_plane_larger_than_its_data_is_left_out_and_the_picture_stays(tmp_path, rows, columns):
    drawn = np.ones((8, 21), bool)
    radiograph = load_radiograph(with_plane(tmp_path / "a", drawn, rows, columns))
    assert radiograph.overlay_planes == ()
    assert np.array_equal(radiograph.stored, ramp())


@pytest.mark.parametrize("vr", ["OW", "OB"])
@pytest.mark.parametrize("shape", [(16, 16), (13, 21), (9, 8)])
def test_an_overlay_plane_in_big_endian_is_swapped_only_in_words(tmp_path, vr, shape):
    drawn = np.random.default_rng(0).random(shape) > 0.5
    packed = np.packbits(drawn.ravel(), bitorder="little")
    packed = np.pad(packed, (0, len(packed) % 2))
    dataset = chest_dataset(ramp(), 12)
    dataset.PixelData = ramp().astype(">u2").tobytes()
    dataset.add_new((0x6000, 0x10), "US", shape[0])
    dataset.add_new((0x6000, 0x11), "US", shape[1])
    dataset.add_new((0x6000, 0x50), "SS", [1, 1])
    dataset.add_new((0x6000, 0x3000), vr, (packed.view("<u2").astype(">u2") if vr == "OW" else packed).tobytes())
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.save_as(tmp_path / "a", implicit_vr=False, little_endian=False)
    (plane,) = load_radiograph(tmp_path / "a").overlay_planes
    assert np.array_equal(plane.drawn, drawn)


RECTANGLE = {
    "ShutterLeftVerticalEdge": 11,
    "ShutterRightVerticalEdge": 150,
    "ShutterUpperHorizontalEdge": 21,
    "ShutterLowerHorizontalEdge": 140,
}


@pytest.mark.parametrize(
    ("tags", "shutter"),
    [
        ({"ShutterShape": "RECTANGULAR", **RECTANGLE}, Shutter(rectangle=(10, 20, 150, 140))),
        (
            {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [80, 100], "RadiusOfCircularShutter": 60},
            Shutter(circle=(99.5, 79.5, 60)),
        ),
        (
            {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 2, 3, 40, 50, 6]},
            Shutter(polygon=((1.5, 0.5), (39.5, 2.5), (5.5, 49.5))),
        ),
        ({"ShutterShape": "RECTANGULAR"}, None),
        ({"ShutterShape": "RECTANGULAR", **RECTANGLE, "ShutterRightVerticalEdge": 5}, None),
        ({"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 2, 3]}, None),
        ({"ShutterShape": "BITMAP"}, None),
        ({}, None),
    ],
)
def test_a_shutter_is_read_or_left_out(tmp_path, tags, shutter):
    assert load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, **tags)).shutter == shutter

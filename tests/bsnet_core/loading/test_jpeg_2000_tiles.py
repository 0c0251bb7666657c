"""JPEG 2000 streams with and without all of their tiles."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from bsnet_core.errors import UnreadableImageError
from bsnet_core.loading import load_radiograph
from bsnet_core.loading.jpeg_2000_tiles import START_OF_TILE_PART, has_all_tiles
from tests.dicom_files import ramp

END = b"\xff\xd9"


def tiled() -> bytes:
    """An image of 3 x 2 tiles."""
    file = io.BytesIO()
    grey = np.add.outer(np.arange(100), np.arange(80)).astype(np.uint8)
    Image.fromarray(grey).save(file, "JPEG2000", tile_size=(32, 64), no_jp2=True)
    return file.getvalue()


def without_tile(number: int) -> bytes:
    """`tiled` without one tile, well-formed otherwise."""
    content = tiled()
    places = [match.start() for match in START_OF_TILE_PART.finditer(content)] + [len(content) - len(END)]
    assert len(places) == 7
    return content[: places[number]] + content[places[number + 1] :]


def declaring(content: bytes, width: int, height: int) -> bytes:
    """A stream that says it is larger."""
    place = content.index(b"\xff\x51") + 6
    return content[:place] + struct.pack(">2I", width, height) + content[place + 8 :]


@pytest.mark.parametrize("content", [tiled(), imagecodecs.jpeg2k_encode(ramp(), codecformat="JP2")])
def test_a_whole_stream_has_all_its_tiles(content):
    assert has_all_tiles(content)


@pytest.mark.parametrize("number", range(6))
def test_a_missing_tile_is_noticed_wherever_it_was(number):
    assert not has_all_tiles(without_tile(number))


@pytest.mark.parametrize(
    "content", [without_tile(2), declaring(tiled(), 9000, 9000)], ids=["a tile missing", "a size of many more tiles"]
)
def test_an_image_that_lacks_tiles_is_not_filled_up(tmp_path, content):
    (tmp_path / "a.j2k").write_bytes(content)
    with pytest.raises(UnreadableImageError, match="damaged"):
        load_radiograph(tmp_path / "a.j2k")

"""Files changed at random give a picture or a sentence, never anything else."""

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from bsnet_core.errors import BSNetError
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import Radiograph
from tests.dicom_files import ramp, write_compressed, write_dicom, write_encapsulated

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")
MUTATIONS = 10


def image(rng):
    noise = rng.integers(0, 40, (130, 140))
    return np.clip(ramp(130, 140, bits=8, dtype=np.int64) + noise, 0, 255).astype(np.uint8)


def write(path, kind, pixels):
    imagecodecs = pytest.importorskip("imagecodecs")
    if kind in ("PNG", "JPEG", "TIFF"):
        Image.fromarray(pixels).save(path, format=kind)
    elif kind == ExplicitVRLittleEndian:
        write_dicom(path, pixels)
    elif kind in (JPEGBaseline8Bit, JPEGLosslessSV1):
        encode = imagecodecs.jpeg8_encode if kind == JPEGBaseline8Bit else imagecodecs.ljpeg_encode
        write_encapsulated(path, pixels, encode(pixels), kind)
    else:
        write_compressed(path, pixels, kind)
    return path.read_bytes()


def outcome_of(path):
    """The picture, whole in every value, or the sentence of its refusal; any other exception fails the test."""
    try:
        radiograph = load_radiograph(path, timeout_s=20)
    except BSNetError as error:
        return str(error)
    return radiograph if np.isfinite(radiograph.pixels).all() else ""


def mutated(content, rng):
    """Some bytes replaced, or a piece removed, or the end cut off."""
    damaged = bytearray(content)
    match int(rng.integers(3)):
        case 0:
            for place in rng.integers(0, len(damaged), int(rng.integers(1, 30))):
                damaged[place] = int(rng.integers(256))
        case 1:
            start = int(rng.integers(0, len(damaged)))
            del damaged[start : start + int(rng.integers(1, 500))]
        case _:
            del damaged[int(rng.integers(1, len(damaged))) :]
    return bytes(damaged)


@pytest.mark.parametrize(
    "kind",
    [
        ExplicitVRLittleEndian,
        RLELossless,
        JPEGBaseline8Bit,
        JPEGLosslessSV1,
        JPEGLSLossless,
        JPEG2000Lossless,
        "PNG",
        "JPEG",
        "TIFF",
    ],
)
def test_a_damaged_file_gives_a_picture_or_a_sentence(tmp_path, kind):
    rng = np.random.default_rng(20200101)
    whole = write(tmp_path / "whole", kind, image(rng))
    assert isinstance(load_radiograph(tmp_path / "whole"), Radiograph)
    for _ in range(MUTATIONS):
        (tmp_path / "damaged").write_bytes(mutated(whole, rng))
        outcome = outcome_of(tmp_path / "damaged")
        assert isinstance(outcome, Radiograph) or len(outcome) > 15


@pytest.mark.parametrize("kind", [ExplicitVRLittleEndian, JPEGLSLossless])
def test_a_damaged_header_gives_a_picture_or_a_sentence(tmp_path, kind):
    rng = np.random.default_rng(7)
    whole = write(tmp_path / "whole", kind, image(rng))
    header_bytes = whole.index(b"\xe0\x7f\x10\x00")
    for _ in range(60 * MUTATIONS if kind == ExplicitVRLittleEndian else MUTATIONS):
        (tmp_path / "damaged").write_bytes(mutated(whole[:header_bytes], rng) + whole[header_bytes:])
        outcome = outcome_of(tmp_path / "damaged")
        assert isinstance(outcome, Radiograph) or len(outcome) > 15

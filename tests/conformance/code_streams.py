"""The synthetic image as the code stream of each transfer syntax: encoded here, or stored where no library can.

The files in `encoded` hold the same image, encoded by dcmtk 3.6.7 (`dcmcjpeg +es|+ep|+ee +q 95`, `+el +sv N`) and by
libjpeg-turbo 2.1.5 (`cjpeg -quality 95 -arithmetic`, with a script of scans for the spectral one).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom.pixels.encoders import RLELosslessEncoder

ENCODED = Path(__file__).parent / "encoded"
START_OF_IMAGE = b"\xff\xd8"


def stored(name: str) -> bytes:
    """A code stream from `encoded`, of an even length."""
    return even((ENCODED / name).read_bytes())


def even(frame: bytes) -> bytes:
    """A code stream with the zero that fills it up to an even length (PS3.5 A.4)."""
    return bytes(frame) + b"\0" * (len(frame) % 2)


def jpeg_lossy(pixels: npt.NDArray[Any], bits: int = 8, **options: Any) -> bytes:
    """JPEG Baseline of 8 bits, or Extended of 12."""
    return even(imagecodecs.jpeg8_encode(pixels, level=95, bitspersample=bits, **options))


def jpeg_lossless(pixels: npt.NDArray[Any], bits: int) -> bytes:
    """JPEG Lossless with the first predictor."""
    return even(imagecodecs.ljpeg_encode(pixels, bitspersample=bits))


def jpeg_ls(pixels: npt.NDArray[Any], deviation: int = 0) -> bytes:
    """JPEG-LS, lossless or with values that deviate by at most `deviation`."""
    return even(imagecodecs.jpegls_encode(pixels, level=deviation))


def jpeg_2000(pixels: npt.NDArray[Any], bits: int, *, quality: int = 0, mct: bool = True) -> bytes:
    """JPEG 2000 without boxes; lossless unless a quality in dB is given."""
    return even(
        imagecodecs.jpeg2k_encode(
            pixels, level=quality, codecformat="j2k", bitspersample=bits, reversible=quality == 0, mct=mct
        )
    )


def htj2k(pixels: npt.NDArray[Any], bits: int = 8, *, reversible: bool = True, rgb: bool | None = None) -> bytes:
    """High-throughput JPEG 2000; lossy in steps of about a thousandth of the range of `bits`."""
    step = None if reversible else 0.001 * 2.0 ** (bits - 8 * pixels.dtype.itemsize)
    return even(imagecodecs.htj2k_encode(pixels, reversible=reversible, level=step, rgb=rgb))


def jpeg_xl(pixels: npt.NDArray[Any], bits: int, *, lossless: bool = True) -> bytes:
    """JPEG XL."""
    return even(
        imagecodecs.jpegxl_encode(pixels, lossless=lossless, level=None if lossless else 95, bitspersample=bits)
    )


def rle(pixels: npt.NDArray[Any]) -> bytes:
    """DICOM's RLE (PS3.5 annex G)."""
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    return even(
        RLELosslessEncoder.encode(
            pixels,
            rows=pixels.shape[0],
            columns=pixels.shape[1],
            samples_per_pixel=samples,
            bits_allocated=8 * pixels.dtype.itemsize,
            bits_stored=8 * pixels.dtype.itemsize,
            pixel_representation=0,
            number_of_frames=1,
            photometric_interpretation="RGB" if samples == 3 else "MONOCHROME2",
            planar_configuration=0,
        )
    )


def with_frame_marker(frame: bytes, marker: int) -> bytes:
    """A sequential JPEG that says it was coded by another process: no encoder for those is to be had."""
    place = next(frame.index(bytes([0xFF, kind])) for kind in (0xC0, 0xC1, 0xC3) if bytes([0xFF, kind]) in frame)
    return frame[: place + 1] + bytes([marker]) + frame[place + 2 :]


def hierarchical(frame: bytes, marker: int) -> bytes:
    """A JPEG as the only frame of a hierarchical one (ITU-T T.81 annex J): the size comes first, in a DHP segment."""
    place = next(frame.index(bytes([0xFF, kind])) for kind in (0xC0, 0xC1, 0xC3) if bytes([0xFF, kind]) in frame)
    (length,) = struct.unpack_from(">H", frame, place + 2)
    size = b"\xff\xde" + frame[place + 2 : place + 2 + length]
    return START_OF_IMAGE + size + with_frame_marker(frame, marker)[len(START_OF_IMAGE) :]


def as_words(values: npt.NDArray[np.int64], bits: int) -> npt.NDArray[Any]:
    """Values as a codec takes them: two's complement in the fewest whole bytes."""
    return (values & ((1 << bits) - 1)).astype(np.uint8 if bits <= 8 else np.uint16)

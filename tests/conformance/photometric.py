"""Every photometric interpretation of the standard, retired ones included, as it can be stored (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import (
    JPEG2000,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from tests.conformance.cells import Cell, file_of, in_colour, monochrome
from tests.conformance.code_streams import even, htj2k, jpeg_2000, jpeg_lossless, jpeg_lossy, jpeg_ls, jpeg_xl, rle
from tests.conformance.look_up_tables import through_window
from tests.conformance.synthetic_image import colour, grey, luminance, to_ybr_full

Pixels = npt.NDArray[Any]
JPEG_XL = "1.2.840.10008.1.2.4.112"
JPEG_XL_LOSSLESS = "1.2.840.10008.1.2.4.110"
WINDOW = (2047.5, 4096.0)
"""Centre and width over all of twelve bits."""
ROUNDING = 1
LOSSY = 6


def cells() -> Iterator[Cell]:
    """One cell per photometric interpretation and way to store it."""
    yield from _grey_cells()
    yield from _uncompressed_colour()
    yield from _losslessly_compressed_colour()
    yield from _lossy_colour()
    yield from _unusual_cells()


def _grey_cells() -> Iterator[Cell]:
    words = grey(12).astype(np.uint16)
    frames: dict[str, tuple[str, Callable[[], bytes | None]]] = {
        "uncompressed": (ExplicitVRLittleEndian, lambda: None),
        "big endian": (ExplicitVRBigEndian, lambda: None),
        "RLE": (RLELossless, lambda: rle(words)),
        "JPEG Lossless": (JPEGLosslessSV1, lambda: jpeg_lossless(words, 12)),
        "JPEG-LS": (JPEGLSLossless, lambda: jpeg_ls(words)),
        "JPEG 2000": (JPEG2000Lossless, lambda: jpeg_2000(words, 12)),
        "High-Throughput JPEG 2000": (HTJ2KLossless, lambda: htj2k(words)),
        "JPEG XL": (JPEG_XL_LOSSLESS, lambda: jpeg_xl(words, 12)),
    }
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        for name, (syntax, frame) in frames.items():
            shown = through_window(grey(12), *WINDOW)
            shown = 255 - shown if photometric == "MONOCHROME1" else shown
            yield Cell(photometric, name, partial(_grey_file, photometric, syntax, frame), grey(12), shown=shown)


def _grey_file(photometric: str, syntax: str, frame: Callable[[], bytes | None]) -> bytes:
    dataset = monochrome(grey(12), 12)
    dataset.PhotometricInterpretation = photometric
    dataset.WindowCenter, dataset.WindowWidth = WINDOW
    return file_of(dataset, syntax, frame())


def _coloured(
    row: str,
    column: str,
    syntax: str,
    pixels: Pixels,
    encode: Callable[[Pixels], bytes] | None = None,
    tolerance: int = ROUNDING,
    *,
    planar: int = 0,
    data: bytes | None = None,
) -> Cell:
    """A cell whose luminance is that of `colour()`; `data` where the pixels lie in the file in another way."""

    def content() -> bytes:
        dataset = in_colour(pixels, row.split(" (")[0], planar, data=data)
        return file_of(dataset, syntax, None if encode is None else encode(pixels))

    bright = luminance(colour().astype(pixels.dtype) * (257 if pixels.dtype == np.uint16 else 1))
    return Cell(row, column, content, bright, tolerance)


def _uncompressed_colour() -> Iterator[Cell]:
    rgb, ybr, native = colour(), to_ybr_full(colour()), ExplicitVRLittleEndian
    for name, syntax in (
        ("explicit", native),
        ("implicit", ImplicitVRLittleEndian),
        ("big endian", ExplicitVRBigEndian),
    ):
        for planar, order in ((0, "by pixel"), (1, "by plane")):
            yield _coloured("RGB", f"uncompressed {order}, {name}", syntax, rgb, planar=planar)
            yield _coloured("YBR_FULL", f"uncompressed {order}, {name}", syntax, ybr, planar=planar)
    yield _coloured("RGB", "uncompressed, 16 bits", native, rgb.astype(np.uint16) * 257)
    shared = partial(_coloured, syntax=native, pixels=rgb, tolerance=2 * LOSSY)
    yield shared("YBR_FULL_422", "uncompressed", data=halved(ybr))
    yield shared("YBR_PARTIAL_422 (retired)", "uncompressed", data=halved(to_ybr_partial(rgb)))
    yield shared("YBR_PARTIAL_420", "uncompressed", data=quartered(to_ybr_partial(rgb)))


def _losslessly_compressed_colour() -> Iterator[Cell]:
    for row, pixels in (("RGB", colour()), ("YBR_FULL", to_ybr_full(colour()))):
        yield _coloured(row, "RLE", RLELossless, pixels, rle)
        yield _coloured(row, "JPEG Lossless", JPEGLosslessSV1, pixels, lossless_colour)
        yield _coloured(row, "JPEG-LS", JPEGLSLossless, pixels, jpeg_ls)
        untransformed = partial(jpeg_2000, bits=8, mct=False)
        yield _coloured(row, "JPEG 2000 without colour transform", JPEG2000Lossless, pixels, untransformed)
    rgb = colour()
    untransformed = partial(htj2k, rgb=False)
    yield _coloured("RGB", "High-Throughput JPEG 2000 without colour transform", HTJ2KLossless, rgb, untransformed)
    yield _coloured("RGB", "JPEG XL", JPEG_XL_LOSSLESS, rgb, partial(jpeg_xl, bits=8))
    yield _coloured("YBR_RCT", "JPEG 2000", JPEG2000Lossless, rgb, partial(jpeg_2000, bits=8))
    yield _coloured("YBR_RCT", "High-Throughput JPEG 2000", HTJ2KLossless, rgb, htj2k)


def _lossy_colour() -> Iterator[Cell]:
    rgb, baseline = colour(), JPEGBaseline8Bit
    yield _coloured("RGB", "JPEG Baseline, components named R, G, B", baseline, rgb, named_rgb, LOSSY)
    yield _coloured("RGB", "JPEG Baseline, Adobe's marker says RGB", baseline, rgb, adobe_rgb, LOSSY)
    yield _coloured("RGB", "JPEG Baseline, though the code stream is YCbCr", baseline, rgb, jpeg_lossy, LOSSY)
    for row, column, subsampling in (
        ("YBR_FULL", "JPEG Baseline", "444"),
        ("YBR_FULL_422", "JPEG Baseline", "422"),
        ("YBR_FULL_422", "JPEG Baseline, colour halved both ways", "420"),
    ):
        yield _coloured(row, column, baseline, rgb, partial(jpeg_lossy, subsampling=subsampling), LOSSY)
    yield _coloured("YBR_ICT", "JPEG 2000", JPEG2000, rgb, partial(jpeg_2000, bits=8, quality=55), LOSSY)
    yield _coloured("XYB", "JPEG XL", JPEG_XL, rgb, partial(jpeg_xl, bits=8, lossless=False), LOSSY)


def _unusual_cells() -> Iterator[Cell]:
    rgb, native = colour(), ExplicitVRLittleEndian
    nothing = np.zeros_like(rgb[..., :1])
    yield _coloured("HSV (retired)", "uncompressed", native, to_hsv(rgb), tolerance=4)
    for row, four in (
        ("ARGB (retired)", np.concatenate([nothing, rgb], axis=-1)),
        ("CMYK (retired)", np.concatenate([255 - rgb, nothing], axis=-1)),
    ):
        yield Cell(row, "uncompressed", partial(_four_samples, row, four), luminance(rgb), 2)
    yield Cell("none stated", "one sample per pixel", partial(_unnamed, None, 1), grey(12))
    yield Cell("none stated", "three samples per pixel", partial(_unnamed, None, 3), luminance(rgb), ROUNDING)
    yield Cell("a word that is none", "one sample per pixel", partial(_unnamed, "GREYSCALE", 1), grey(12))


def _four_samples(row: str, pixels: Pixels) -> bytes:
    dataset = in_colour(pixels, row.split(" (")[0])
    dataset.SamplesPerPixel = 4
    return file_of(dataset, ExplicitVRLittleEndian)


def _unnamed(word: str | None, samples: int) -> bytes:
    dataset: Dataset = monochrome(grey(12), 12) if samples == 1 else in_colour(colour(), "RGB")
    if word is None:
        del dataset.PhotometricInterpretation
    else:
        dataset.PhotometricInterpretation = word
    return file_of(dataset, ExplicitVRLittleEndian)


def lossless_colour(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Three components by JPEG Lossless, numbered 1 to 3 and without any change or name of their colours."""
    frame = without_adobe(
        bytes(imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=1, colorspace="RGB", outcolorspace="RGB"))
    )
    for marker, first in ((b"\xff\xc3", 10), (b"\xff\xda", 5)):
        place = frame.index(marker) + first
        step = 3 if marker == b"\xff\xc3" else 2
        for number in range(3):
            frame = frame[: place + step * number] + bytes([number + 1]) + frame[place + step * number + 1 :]
    return even(frame)


def adobe_rgb(pixels: npt.NDArray[np.uint8]) -> bytes:
    """JPEG whose components are red, green and blue, as Adobe's marker says."""
    frame = imagecodecs.jpeg8_encode(pixels, level=95, colorspace="RGB", outcolorspace="RGB")
    assert b"Adobe" in frame
    return even(frame)


def named_rgb(pixels: npt.NDArray[np.uint8]) -> bytes:
    """JPEG without Adobe's marker, whose components are named R, G and B."""
    return even(without_adobe(adobe_rgb(pixels).rstrip(b"\0")))


def without_adobe(frame: bytes) -> bytes:
    """A JPEG without the marker by which Adobe names the colours."""
    start = frame.index(b"\xff\xee")
    length = int.from_bytes(frame[start + 2 : start + 4], "big")
    return frame[:start] + frame[start + 2 + length :]


def halved(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Two luminances, then the colour that they share (PS3.3 C.7.6.3.1.2)."""
    left, right = pixels[:, ::2], pixels[:, 1::2]
    return np.stack([left[..., 0], right[..., 0], left[..., 1], left[..., 2]], axis=-1).tobytes()


def quartered(pixels: npt.NDArray[np.uint8]) -> bytes:
    """As many luminances as pixels and a quarter as many colours, plane by plane."""
    return pixels[..., 0].tobytes() + pixels[::2, ::2, 1].tobytes() + pixels[::2, ::2, 2].tobytes()


def to_ybr_partial(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Luminance from 16 to 235 and two colour differences (PS3.3 C.7.6.3.1.2, YBR_PARTIAL_422)."""
    matrix = np.array([[0.2568, 0.5041, 0.0979], [-0.1482, -0.2910, 0.4392], [0.4392, -0.3678, -0.0714]])
    return np.rint(rgb.astype(np.float64) @ matrix.T + np.array([16.0, 128.0, 128.0])).astype(np.uint8)


def to_hsv(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Hue, saturation and value."""
    from skimage.color import rgb2hsv

    return np.rint(rgb2hsv(rgb) * 255).astype(np.uint8)

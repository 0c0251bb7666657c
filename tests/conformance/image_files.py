"""Image files without a header: PNG, JPEG and TIFF in all their kinds, and formats that are not loaded."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from tests.conformance.cells import Cell
from tests.conformance.code_streams import ENCODED, jpeg_xl
from tests.conformance.synthetic_image import colour, grey, luminance

LOSSY = 6
PNG_GREY, PNG_RGB, PNG_PALETTE, PNG_GREY_ALPHA, PNG_RGBA = 0, 2, 3, 4, 6
ORIENTATIONS = range(1, 9)


def cells() -> Iterator[Cell]:
    """One cell per format and kind."""
    yield from _png_cells()
    yield from _jpeg_cells()
    yield from _tiff_cells()
    yield from _other_cells()


def _png_cells() -> Iterator[Cell]:
    eight, sixteen, rgb = grey(8).astype(np.uint8), grey(16).astype(np.uint16), colour()
    deep = rgb.astype(np.uint16) * 257
    opaque = np.full_like(eight, 200)
    for bits in (1, 2, 4):
        yield _cell(
            "PNG",
            f"grey, {bits} bit",
            partial(png, grey(bits), bits, PNG_GREY),
            grey(bits) * 255 // ((1 << bits) - 1),
        )
    yield _cell("PNG", "grey, 8 bit", lambda: png(eight, 8, PNG_GREY), grey(8))
    yield _cell("PNG", "grey, 16 bit", lambda: png(sixteen, 16, PNG_GREY), grey(16))
    yield _cell("PNG", "grey and alpha, 8 bit", lambda: png(np.dstack([eight, opaque]), 8, PNG_GREY_ALPHA), grey(8))
    yield _cell(
        "PNG", "grey and alpha, 16 bit", lambda: png(np.dstack([sixteen, sixteen]), 16, PNG_GREY_ALPHA), grey(16)
    )
    yield _cell("PNG", "grey, 8 bit, interlaced", lambda: interlaced(eight), grey(8))
    yield _cell("PNG", "colour, 8 bit", lambda: png(rgb, 8, PNG_RGB), luminance(rgb), 1)
    yield _cell("PNG", "colour, 16 bit", lambda: png(deep, 16, PNG_RGB), luminance(deep), 1)
    yield _cell("PNG", "colour and alpha, 8 bit", lambda: png(np.dstack([rgb, opaque]), 8, PNG_RGBA), luminance(rgb), 1)
    yield _cell("PNG", "palette, 8 bit", lambda: png(eight, 8, PNG_PALETTE, grey_palette(256)), grey(8), 1)
    yield _cell("PNG", "palette, 4 bit", lambda: png(grey(4), 4, PNG_PALETTE, grey_palette(16)), grey(4) * 17, 1)
    yield _cell("PNG", "several images (animated)", animated, None)


def _jpeg_cells() -> Iterator[Cell]:
    eight, rgb = grey(8).astype(np.uint8), colour()
    yield _cell("JPEG", "grey", lambda: pillow("JPEG", eight, quality=95), grey(8), LOSSY)
    yield _cell("JPEG", "colour", lambda: pillow("JPEG", rgb, quality=95), luminance(rgb), LOSSY)
    yield _cell(
        "JPEG", "grey, progressive", lambda: pillow("JPEG", eight, quality=95, progressive=True), grey(8), LOSSY
    )
    yield _cell("JPEG", "grey, arithmetic coding", (ENCODED / "arithmetic-extended-8.jpg").read_bytes, grey(8), LOSSY)
    yield _cell("JPEG", "grey, 12 bit", (ENCODED / "extended-12.jpg").read_bytes, grey(12), 48)
    yield _cell("JPEG", "grey, lossless, 8 bit", (ENCODED / "lossless-8-predictor-6.jpg").read_bytes, grey(8))
    yield _cell("JPEG", "grey, lossless, 12 bit", (ENCODED / "lossless-12-predictor-1.jpg").read_bytes, grey(12))
    yield _cell("JPEG", "grey, lossless, 16 bit", (ENCODED / "lossless-16-predictor-6.jpg").read_bytes, grey(16))
    yield _cell(
        "JPEG",
        "components red, green and blue",
        lambda: bytes(imagecodecs.jpeg8_encode(rgb, level=95, colorspace="RGB", outcolorspace="RGB")),
        luminance(rgb),
        LOSSY,
    )
    yield _cell(
        "JPEG",
        "cyan, magenta, yellow and black",
        lambda: pillow("JPEG", rgb, "CMYK", quality=95),
        luminance(rgb),
        LOSSY,
    )
    yield _cell("JPEG", "without its end marker", lambda: pillow("JPEG", eight, quality=95)[:-2], grey(8), LOSSY)
    for orientation in ORIENTATIONS:
        exif = Image.Exif()
        exif[274] = orientation
        content = partial(pillow, "JPEG", eight, quality=95, exif=exif)
        yield _cell("JPEG", f"EXIF orientation {orientation}", content, as_shown(grey(8), orientation), LOSSY)


def _tiff_cells() -> Iterator[Cell]:
    eight, sixteen, rgb = grey(8).astype(np.uint8), grey(16).astype(np.uint16), colour()

    def tiff(column: str, pixels: Any, expected: Any, tolerance: int = 0, **options: Any) -> Cell:
        return _cell("TIFF", column, lambda: written_tiff(pixels, **options), expected, tolerance)

    yield tiff("grey, 1 bit", grey(1).astype(bool), grey(1) * 255)
    yield tiff("grey, 8 bit", eight, grey(8))
    yield tiff("grey, 16 bit", sixteen, grey(16))
    yield tiff("grey, 16 bit, big endian", sixteen, grey(16), byteorder=">")
    yield tiff("grey, 16 bit, BigTIFF", sixteen, grey(16), bigtiff=True)
    yield tiff("grey, 16 bit, tiles", sixteen, grey(16), tile=(16, 16))
    yield tiff("grey, 8 bit, white is zero", eight, 255 - grey(8), photometric="miniswhite")
    yield tiff("grey, 16 bit, white is zero", sixteen, 65535 - grey(16), photometric="miniswhite")
    for name, compression in (
        ("LZW", "lzw"),
        ("Deflate", "zlib"),
        ("PackBits", "packbits"),
        ("LZMA", "lzma"),
        ("Zstandard", "zstd"),
        ("JPEG 2000", "jpeg2000"),
        ("JPEG XL", "jpegxl"),
    ):
        options: dict[str, Any] = {"compressionargs": {"reversible": True}} if compression == "jpeg2000" else {}
        if compression == "jpegxl":
            options = {"compressionargs": {"lossless": True}}
        yield tiff(f"grey, 16 bit, {name}", sixteen, grey(16), compression=compression, **options)
    yield tiff("grey, 16 bit, LZW with predictor", sixteen, grey(16), compression="lzw", predictor=True)
    yield tiff("grey, 8 bit, JPEG", eight, grey(8), LOSSY, compression="jpeg", compressionargs={"level": 95})
    yield _cell(
        "TIFF",
        "grey, 1 bit, CCITT Group 4",
        lambda: pillow("TIFF", grey(1).astype(bool), compression="group4"),
        grey(1) * 255,
    )
    yield tiff("colour, 8 bit", rgb, luminance(rgb), 1, photometric="rgb")
    yield tiff(
        "colour, 8 bit, by plane",
        np.moveaxis(rgb, -1, 0).copy(),
        luminance(rgb),
        1,
        photometric="rgb",
        planarconfig="separate",
    )
    yield tiff(
        "colour, 16 bit", rgb.astype(np.uint16) * 257, luminance(rgb.astype(np.uint16) * 257), 1, photometric="rgb"
    )
    yield tiff(
        "palette, 8 bit",
        eight,
        grey(8) * 257,
        1,
        photometric="palette",
        colormap=np.tile(np.arange(256) * 257, (3, 1)).astype(np.uint16),
    )
    yield tiff("grey, signed 16 bit", (grey(16) - 32768).astype(np.int16), grey(16) - 32768)
    yield tiff("grey, 32 bit", grey(32).astype(np.uint32), grey(32))
    yield tiff("grey, floating point", grey(12).astype(np.float32), grey(12))
    yield _cell("TIFF", "grey, 12 bit in 12", packed_tiff, grey(12))
    yield tiff(
        "cyan, magenta, yellow and black",
        np.dstack([255 - rgb, np.zeros_like(eight)]),
        luminance(rgb),
        2,
        photometric="separated",
    )
    yield _cell(
        "TIFF", "several images", lambda: written_tiff(np.stack([eight, eight]), photometric="minisblack"), None
    )
    for orientation in ORIENTATIONS:
        extra = [(274, "H", 1, orientation, True)]
        yield tiff(f"orientation {orientation}", eight, as_shown(grey(8), orientation), extratags=extra, metadata=None)


def _other_cells() -> Iterator[Cell]:
    eight = grey(8).astype(np.uint8)
    yield _cell("BMP", "grey, 8 bit", lambda: pillow("BMP", eight), grey(8))
    yield _cell("GIF", "grey, 8 bit", lambda: pillow("GIF", eight), grey(8), 1)
    yield _cell("WebP", "grey, 8 bit", lambda: pillow("WEBP", np.dstack([eight] * 3), lossless=True), grey(8), 1)
    yield _cell("JPEG 2000", "grey, 8 bit", lambda: bytes(imagecodecs.jpeg2k_encode(eight, reversible=True)), grey(8))
    yield _cell("JPEG-LS", "grey, 8 bit", lambda: bytes(imagecodecs.jpegls_encode(eight)), grey(8))
    yield _cell("JPEG XL", "grey, 8 bit", lambda: jpeg_xl(eight, 8), grey(8))
    yield _cell(
        "AVIF", "grey, 8 bit", lambda: bytes(imagecodecs.avif_encode(np.dstack([eight] * 3), level=100)), grey(8), LOSSY
    )


def _cell(row: str, column: str, content: Callable[[], bytes], stored: Any, tolerance: int = 0) -> Cell:
    return Cell(row, column, content, stored, tolerance, peers=False)


def png(pixels: npt.NDArray[Any], depth: int, kind: int, palette: bytes | None = None) -> bytes:
    """A PNG of any depth and kind (ISO/IEC 15948), without filters."""
    rows = pixels.reshape(pixels.shape[0], -1)
    if depth < 8:
        bits = (rows[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        lines = [np.packbits(row.ravel().astype(np.uint8)).tobytes() for row in bits]
    else:
        lines = [row.astype(">u2" if depth == 16 else np.uint8).tobytes() for row in rows]
    header = struct.pack(">2I5B", pixels.shape[1], pixels.shape[0], depth, kind, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(b"\0" + line for line in lines))), (b"IEND", b"")]
    if palette is not None:
        chunks.insert(1, (b"PLTE", palette))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in chunks)


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG with its checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def interlaced(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A grey PNG in the seven passes of Adam7."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    lines = [b"\0" + row.tobytes() for top, left, down, right in passes for row in pixels[top::down, left::right]]
    header = struct.pack(">2I5B", pixels.shape[1], pixels.shape[0], 8, PNG_GREY, 0, 0, 1)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"".join(lines)))
        + chunk(b"IEND", b"")
    )


def grey_palette(count: int) -> bytes:
    """Red, green and blue of `count` evenly spaced grey levels."""
    return b"".join(bytes([255 * index // (count - 1)] * 3) for index in range(count))


def animated() -> bytes:
    first, second = (Image.fromarray(values.astype(np.uint8)) for values in (grey(8), 255 - grey(8)))
    buffer = io.BytesIO()
    first.save(buffer, "PNG", save_all=True, append_images=[second])
    return buffer.getvalue()


def pillow(kind: str, pixels: npt.NDArray[Any], mode: str | None = None, **options: Any) -> bytes:
    """Pillow's file of an array."""
    image = Image.fromarray(pixels)
    buffer = io.BytesIO()
    (image.convert(mode) if mode else image).save(buffer, kind, **options)
    return buffer.getvalue()


def written_tiff(pixels: npt.NDArray[Any], *, byteorder: Any = "<", bigtiff: bool = False, **options: Any) -> bytes:
    """A TIFF by tifffile; grey unless `photometric` says otherwise."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, byteorder=byteorder, bigtiff=bigtiff, **({"photometric": "minisblack"} | options))
    return buffer.getvalue()


def packed_tiff() -> bytes:
    """Twelve bits in twelve, the first pixel's highest bits first (TIFF 6.0, BitsPerSample)."""
    height, width = grey(12).shape
    bits = (grey(12)[..., None] >> np.arange(11, -1, -1)) & 1
    data = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1).tobytes()
    entries = (
        (256, width),
        (257, height),
        (258, 12),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, height),
        (279, len(data)),
    )
    start = 8 + len(data)
    directory = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries
    )
    return b"II*\0" + struct.pack("<I", start) + data + directory + bytes(4)


def as_shown(pixels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Rows and columns where the orientation of EXIF and TIFF puts them."""
    turned = pixels.T if orientation >= 5 else pixels
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return turned[::rows, ::columns]

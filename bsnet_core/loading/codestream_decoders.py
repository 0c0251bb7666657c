"""Code streams to pixels: well-kept decoders one after the other, until one of them knows the stream.

Imported by the decoder process only: codecs can crash.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bsnet_core.loading.codestream import CodeStream, Coding
from bsnet_core.loading.jpeg_2000_tiles import has_all_tiles

END = b"\xff\xd9"
"""End of image in JPEG and JPEG-LS, end of code stream in JPEG 2000."""
MOST_THREADS = 4
SOS_MARKER = b"\xff\xda"
NOISE = bytes(range(1, 200, 3)) * 4
"""Put in place of what may be missing: a decoder that still wants data takes it for pixels."""
MOST_LOST_ROWS = 16
"""A stream that lacks its end is still loaded if no more rows depend on what is missing: one row of JPEG's blocks."""

Decode = Callable[[bytes], npt.NDArray[Any]]


class UndecodedError(Exception):
    """No decoder could decode a stream."""


@dataclass(frozen=True)
class DecodedStream:
    """(H, W) or (H, W, C) integers, and whether the last rows are missing."""

    pixels: npt.NDArray[Any]
    is_cut_off: bool = False


def decode_stream(content: bytes, stream: CodeStream, photometric: str = "") -> DecodedStream:
    """Decodes a code stream.

    Args:
        content: The stream; bytes may follow its end.
        stream: Its header.
        photometric: The DICOM header's Photometric Interpretation, where the stream does not name its colours.

    Raises:
        UndecodedError: damaged, without some of its tiles, or a kind that no decoder knows.
    """
    if stream.coding in (Coding.JPEG_2000, Coding.HTJ2K) and not has_all_tiles(content):
        raise UndecodedError
    strict, tolerant = _decoders(stream, photometric)
    has_end = stream.coding in (Coding.JPEG_XL, Coding.RLE) or content.rstrip(b"\0").endswith(END)
    whole = content if has_end else content + END
    for decode in strict:
        if (pixels := _attempt(decode, whole)) is not None:
            return DecodedStream(pixels)
    for number, decode in enumerate(tolerant):
        pixels = _attempt(decode, whole)
        if pixels is None:
            continue
        if has_end and number == 0 and stream.coding is Coding.JPEG_LOSSLESS:
            return DecodedStream(pixels)
        lost = _rows_lost(decode, content, pixels)
        if lost <= min(MOST_LOST_ROWS, len(pixels) // 4):
            return DecodedStream(pixels, is_cut_off=lost > 0)
    raise UndecodedError


def _decoders(stream: CodeStream, photometric: str) -> tuple[tuple[Decode, ...], tuple[Decode, ...]]:
    """Decoders that reject a stream that is cut off, and those that fill up what is missing; the best first."""
    import imagecodecs

    match stream.coding:
        case Coding.JPEG:
            return (), (_jpeg_decoder(stream, photometric), _decode_by_pillow)
        case Coding.JPEG_LOSSLESS:
            return (), (imagecodecs.ljpeg_decode, imagecodecs.jpegsof3_decode, _decode_untransformed)
        case Coding.JPEG_LS:
            return (imagecodecs.jpegls_decode, _decode_by_pyjpegls), ()
        case Coding.JPEG_2000 | Coding.HTJ2K:
            more = (imagecodecs.htj2k_decode,) if stream.coding is Coding.HTJ2K else ()
            return (_decode_jpeg_2000, _decode_by_openjpeg), more
        case Coding.JPEG_XL:
            return (imagecodecs.jpegxl_decode,), ()
        case _:
            return (), ()


def _attempt(decode: Decode, content: bytes) -> npt.NDArray[Any] | None:
    try:
        pixels = np.asarray(decode(content))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - every codec raises its own kinds; the next one is tried
        return None
    return pixels if pixels.size else None


def _rows_lost(decode: Decode, content: bytes, pixels: npt.NDArray[Any]) -> int:
    """The number of rows from the first one that depends on what is missing at the end of a stream; 0 if whole."""
    end = content.rstrip(b"\0").removesuffix(END)
    if SOS_MARKER not in end:
        return len(pixels)
    other = _attempt(decode, end + NOISE + END)
    if other is None or other.shape != pixels.shape:
        return len(pixels)
    changed = (other != pixels).reshape(len(pixels), -1).any(axis=1)
    return len(pixels) - int(changed.argmax()) if changed.any() else 0


def _jpeg_decoder(stream: CodeStream, photometric: str) -> Decode:
    import imagecodecs

    def decode(content: bytes) -> npt.NDArray[Any]:
        if stream.is_rgb or (stream.is_rgb is None and photometric == "RGB"):
            return imagecodecs.jpeg8_decode(content, colorspace="RGB", outcolorspace="RGB")
        return imagecodecs.jpeg8_decode(content)

    return decode


def _decode_jpeg_2000(content: bytes) -> npt.NDArray[Any]:
    import imagecodecs

    return imagecodecs.jpeg2k_decode(content, numthreads=min(MOST_THREADS, os.cpu_count() or 1))


def _decode_untransformed(content: bytes) -> npt.NDArray[Any]:
    import imagecodecs

    return imagecodecs.jpeg8_decode(content)


def _decode_by_pillow(content: bytes) -> npt.NDArray[Any]:
    import io

    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the size was checked before
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
        return np.asarray(image)


def _decode_by_pyjpegls(content: bytes) -> npt.NDArray[Any]:
    import jpeg_ls

    return jpeg_ls.decode(np.frombuffer(content, dtype=np.uint8))


def _decode_by_openjpeg(content: bytes) -> npt.NDArray[Any]:
    from openjpeg.utils import decode

    return decode(content)

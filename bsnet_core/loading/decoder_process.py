"""The child process that decodes compressed pixels: codecs can crash or hang, and must not take the viewer down.

Run as `python -m bsnet_core.loading.decoder_process`. Requests arrive on standard input, answers go to standard
output; both are a 4-byte big-endian length and JSON. An answer with an image is followed by the image's bytes.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import signal
import struct
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from bsnet_core.loading.codestream import HEADER_BYTES, JPEG_START, CodeStream, Coding, codestream_of
from bsnet_core.loading.codestream_decoders import END
from bsnet_core.loading.colour_to_grey import to_grey
from bsnet_core.loading.compressed_pixels import UndecodableError, decode_frame, decode_or_say_why
from bsnet_core.loading.sampling import sampling_step

MEMORY_LIMIT_BYTES = 6 * 1024**3
TIFF_SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
ORIENTATION_TAG = 274
SUPPORTED_TIFF_PHOTOMETRIC = frozenset({0, 1, 2, 3, 6})
"""White is zero, black is zero, RGB, palette, YCbCr."""
GRACE_S = 5


@dataclass(frozen=True)
class GreyImage:
    """(H, W) integers with their colourfulness; the code stream they came from, and whether its end is missing."""

    grey: npt.NDArray[Any]
    colourfulness: float
    stream: CodeStream | None = None
    is_cut_off: bool = False


class RejectedError(Exception):
    """An image that will not be decoded; the parent, which knows the language in use, words the error."""

    def __init__(self, reason: str, **values: int | str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


def main() -> int:
    """Answers requests until standard input ends."""
    _limit_memory()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a codec that prints must not disturb the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    while (request := _read_message(requests)) is not None:
        with _ended_by_the_system(float(request["timeout_s"]) + GRACE_S):
            answer = _serve(request)
        _answer(answers, *answer)
    return 0


@contextlib.contextmanager
def _ended_by_the_system(limit_s: float) -> Iterator[None]:
    """Lets the system end a hanging codec, in case the parent is gone."""
    if not hasattr(signal, "alarm"):
        yield
        return
    signal.alarm(math.ceil(limit_s))
    try:
        yield
    finally:
        signal.alarm(0)


def _serve(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        path, max_pixels, sampled_px = Path(request["path"]), int(request["max_pixels"]), request["sampled_px"]
        is_dicom = request["kind"] == "dicom"
        image = decode_dicom(path) if is_dicom else decode_plain_image(path, max_pixels, sampled_px)
    except RejectedError as error:
        return {"reason": error.reason, "values": error.values}, b""
    except UndecodableError as error:
        return {"reason": error.reason, "values": {"process": error.process}}, b""
    except MemoryError:
        return {"reason": "no-memory", "values": {}}, b""
    except Exception as error:  # noqa: BLE001 - every codec raises its own kinds; the parent words the error
        return {"reason": "damaged", "values": {}, "detail": type(error).__name__}, b""
    height, width = image.grey.shape
    step = sampling_step((height, width), sampled_px)
    grey = image.grey[::step, ::step]
    little = grey.astype(grey.dtype.newbyteorder("<"), copy=False)
    header = {
        "shape": list(grey.shape),
        "dtype": little.dtype.str,
        "colourfulness": image.colourfulness,
        "stream": None if image.stream is None else asdict(image.stream),
        "is_cut_off": image.is_cut_off,
    }
    return header, np.ascontiguousarray(little).tobytes()


def decode_dicom(path: Path) -> GreyImage:
    """The single frame of a compressed DICOM file in grey."""
    frame = decode_frame(path)
    return GreyImage(*to_grey(frame.pixels), frame.stream, frame.is_cut_off)


def decode_plain_image(path: Path, max_pixels: int, sampled_px: int | None = None) -> GreyImage:
    """A JPEG, JPEG 2000, JPEG-LS, JPEG XL, PNG or TIFF file in grey, uint8 or uint16.

    If `sampled_px` is given, a JPEG is decoded at a smaller size with at least about this many pixels along each side,
    which is faster.
    """
    content = path.read_bytes()
    if content.startswith(TIFF_SIGNATURES):
        return GreyImage(*_decode_tiff(content, max_pixels))
    stream = codestream_of(content)
    if stream is not None and not _is_usual_jpeg(content, stream):
        return _decode_code_stream(content, stream, max_pixels)
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # the limit below gives a better error
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
        _reject_too_large(*image.size, max_pixels)
        if image.format == "PNG":
            if getattr(image, "n_frames", 1) > 1:
                raise RejectedError("several-images")
            if content[24:25] == b"\x10":
                import imagecodecs

                orientation = image.getexif().get(ORIENTATION_TAG, 1)
                return GreyImage(*to_grey(oriented(imagecodecs.png_decode(content), orientation)))
        elif sampled_px is not None:
            image.draft(None, (sampled_px, sampled_px))
        turned = ImageOps.exif_transpose(image)
        if turned.mode in ("RGB", "L"):
            return GreyImage(*to_grey(np.asarray(turned)))
        return GreyImage(*to_grey(np.asarray(turned.convert("L" if turned.mode in ("1", "LA") else "RGB"))))


def _is_usual_jpeg(content: bytes, stream: CodeStream) -> bool:
    """Whether a file is a JPEG that Pillow decodes, which knows four channels and smaller sizes too."""
    is_whole = content.rstrip(b"\0").endswith(END)
    return stream.coding is Coding.JPEG and stream.bits == 8 and not stream.process and is_whole


def _decode_code_stream(content: bytes, stream: CodeStream, max_pixels: int) -> GreyImage:
    """A file that is a bare code stream, or one in boxes; signed values are moved up so that the lowest is 0."""
    if stream.shape is not None:
        _reject_too_large(stream.shape[1], stream.shape[0], max_pixels)
    pixels, is_cut_off = decode_or_say_why(content, stream)
    if np.issubdtype(pixels.dtype, np.signedinteger):
        pixels = (pixels.astype(np.int64) + (1 << (stream.bits - 1))).astype(np.uint16)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise UndecodableError("unsupported-process", f"{stream.bits}-bit")
    return GreyImage(*to_grey(oriented(pixels, _orientation_in(content))), stream, is_cut_off)


def _orientation_in(content: bytes) -> int:
    """The orientation that a JPEG file states in its EXIF segment; 1 if it states none."""
    start = content.find(b"Exif\0\0", 0, HEADER_BYTES)
    if not content.startswith(JPEG_START) or start < 0:
        return 1
    from PIL import Image

    exif = Image.Exif()
    exif.load(content[start : start + HEADER_BYTES])
    return int(exif.get(ORIENTATION_TAG, 1))


def _decode_tiff(content: bytes, max_pixels: int) -> tuple[npt.NDArray[Any], float]:
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        if sum(not getattr(page, "is_reduced", False) for page in file.pages) > 1:
            raise RejectedError("several-images")
        page = file.pages.first
        _reject_too_large(page.imagewidth, page.imagelength, max_pixels)
        photometric = page.photometric
        if photometric not in SUPPORTED_TIFF_PHOTOMETRIC:
            raise RejectedError("colour-model")
        pixels = page.asarray()
        if photometric == tifffile.PHOTOMETRIC.PALETTE and page.colormap is not None:
            pixels = np.moveaxis(page.colormap[:, pixels], 0, -1)
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and pixels.ndim == 3:
            pixels = np.moveaxis(pixels, 0, -1)
        orientation = page.tags.valueof(ORIENTATION_TAG, default=1)
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.dtype not in (np.uint8, np.uint16):
        raise RejectedError("pixel-type", type=str(pixels.dtype))
    grey, colourfulness = to_grey(oriented(pixels, orientation))
    if photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        grey = np.iinfo(grey.dtype).max - grey
    return grey, colourfulness


def oriented(pixels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Turns an image by its EXIF or TIFF orientation 1 to 8; other numbers change nothing."""
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    flip_rows = orientation in (3, 4, 7, 8)
    flip_columns = orientation in (2, 3, 6, 7)
    return pixels[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1]


def _reject_too_large(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise RejectedError("too-many-pixels", width=width, height=height, limit=max_pixels // 10**6)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    for limit, value in ((resource.RLIMIT_AS, MEMORY_LIMIT_BYTES), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # macOS knows the limit but may fail to set it
            resource.setrlimit(limit, (value, value))


def _read_message(stream: BinaryIO) -> dict[str, Any] | None:
    prefix = stream.read(4)
    if len(prefix) < 4:
        return None
    message: dict[str, Any] = json.loads(stream.read(struct.unpack(">I", prefix)[0]))
    return message


def _answer(stream: BinaryIO, header: dict[str, Any], payload: bytes) -> None:
    text = json.dumps(header).encode()
    stream.write(struct.pack(">I", len(text)) + text)
    stream.write(payload)
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())

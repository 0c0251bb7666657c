"""The child process that decodes compressed pixels: codecs can crash or hang, and must not take the viewer along.

Run as `python -m bsnet_core.reading.decoder_process`. Requests come on standard input, answers go to standard
output; both are a 4-byte big-endian length and JSON, an answer with an image is followed by its bytes.
"""

from __future__ import annotations

import io
import json
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

MEMORY_LIMIT_BYTES = 6 * 1024**3
LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601, the weights of DICOM's YBR_FULL."""
COLOUR_SAMPLES = 500_000

JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")


class RefusedError(Exception):
    """A picture that will not be decoded: a refusal code and a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def main() -> int:
    """Answers requests until standard input ends."""
    _limit_memory()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a codec that prints must not disturb the answers
    while (request := _read_message(requests)) is not None:
        _answer(answers, *_serve(request))
    return 0


def _serve(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        path, max_pixels = Path(request["path"]), int(request["max_pixels"])
        if request["kind"] == "dicom":
            grey, colourfulness = decode_dicom(path)
        else:
            grey, colourfulness = decode_picture(path, max_pixels)
    except RefusedError as error:
        return {"code": error.code, "error": str(error)}, b""
    except MemoryError:
        return {"code": "too-large", "error": "There is not enough memory to decode this picture."}, b""
    except Exception as error:  # every codec raises its own kinds; the parent words the sentence
        return {"code": "unreadable", "error": "", "detail": type(error).__name__}, b""
    little = grey.astype(grey.dtype.newbyteorder("<"), copy=False)
    header = {"shape": list(grey.shape), "dtype": little.dtype.str, "colourfulness": colourfulness}
    return header, np.ascontiguousarray(little).tobytes()


def decode_dicom(path: Path) -> tuple[npt.NDArray[Any], float]:
    """The single frame of a compressed DICOM file as (H, W) integers, and its colourfulness."""
    import pydicom
    from pydicom.encaps import generate_frames

    dataset = pydicom.dcmread(path, force=True)
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    if syntax == JPEG_EXTENDED or syntax in JPEG_LOSSLESS:
        import imagecodecs

        frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
        pixels = imagecodecs.ljpeg_decode(frame) if syntax in JPEG_LOSSLESS else imagecodecs.jpeg_decode(frame)
    else:
        pixels = dataset.pixel_array
    pixels = np.asarray(pixels)
    if pixels.shape[:2] != (dataset.Rows, dataset.Columns):
        raise RefusedError("unreadable", "The compressed picture has another size than its DICOM header says.")
    return to_grey(pixels)


def decode_picture(path: Path, max_pixels: int) -> tuple[npt.NDArray[Any], float]:
    """A JPEG, PNG or TIFF file as (H, W) uint8 or uint16, and its colourfulness."""
    from PIL import Image, ImageOps

    content = path.read_bytes()
    Image.MAX_IMAGE_PIXELS = None  # the limit below gives a better sentence
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "TIFF")) as picture:
        width, height = picture.size
        if width * height > max_pixels:
            raise RefusedError("too-large", _too_large(width, height, max_pixels))
        if getattr(picture, "n_frames", 1) > 1:
            raise RefusedError("unsupported-object", "This file holds several pictures. Save the one to open by itself.")
        if picture.format == "TIFF":
            return _decode_tiff(content)
        if picture.format == "PNG" and content[24:25] == b"\x10":
            import imagecodecs

            return to_grey(imagecodecs.png_decode(content))
        upright = ImageOps.exif_transpose(picture)
        if upright.mode in ("RGB", "L"):
            return to_grey(np.asarray(upright))
        return to_grey(np.asarray(upright.convert("L" if upright.mode in ("1", "LA") else "RGB")))


def _decode_tiff(content: bytes) -> tuple[npt.NDArray[Any], float]:
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page = file.pages.first
        pixels = page.asarray()
        photometric = page.photometric
        if photometric == tifffile.PHOTOMETRIC.PALETTE and page.colormap is not None:
            pixels = np.moveaxis(page.colormap[:, pixels], 0, -1)
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and pixels.ndim == 3:
            pixels = np.moveaxis(pixels, 0, -1)
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.dtype not in (np.uint8, np.uint16):
        raise RefusedError("unsupported-object", f"TIFF pictures of type {pixels.dtype} are not read; save 8 or 16 bit.")
    grey, colourfulness = to_grey(pixels)
    if photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        grey = np.iinfo(grey.dtype).max - grey
    return grey, colourfulness


def to_grey(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], float]:
    """(H, W) or (H, W, C) to (H, W) of the same dtype, and how colourful it was (0 for a grey picture).

    Colourfulness is the spread of the two opponent colours as a share of the range: an evenly tinted film has next
    to none, a photograph 0.1 and more.
    """
    if pixels.ndim == 2:
        return pixels, 0.0
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4):
        raise RefusedError("unsupported-object", "This file holds no single flat picture.")
    if pixels.shape[2] < 3:
        return pixels[..., 0], 0.0
    colour = pixels[..., :3]
    full = float(np.iinfo(colour.dtype).max)
    step = max(1, int((colour.shape[0] * colour.shape[1] / COLOUR_SAMPLES) ** 0.5))
    red, green, blue = (colour[::step, ::step, channel].astype(np.float32) / full for channel in range(3))
    colourfulness = float(np.hypot((red - green).std(), ((red + green) / 2 - blue).std()))
    grey = sum(colour[..., channel] * np.float32(weight) for channel, weight in enumerate(LUMA))
    return np.rint(grey).astype(pixels.dtype), colourfulness


def _too_large(width: int, height: int, max_pixels: int) -> str:
    return (
        f"The picture declares {width} × {height} pixels, over the limit of {max_pixels // 10**6} million. "
        "Nothing of it was loaded."
    )


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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

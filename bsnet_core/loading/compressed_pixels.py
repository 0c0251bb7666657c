"""The compressed pixels of a DICOM file, decoded; run in the decoder process (PS3.5 8.2, annexes A.4 and G)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless

from bsnet_core.loading.codestream import CodeStream, Coding
from bsnet_core.loading.codestream_decoders import UndecodedError, decode_stream
from bsnet_core.loading.data_set import load_data_set
from bsnet_core.loading.header import PARSING_ERRORS, repair_pixel_tags
from bsnet_core.loading.pixel_data import frame_in, pixel_data_of
from bsnet_core.loading.transfer_syntax import DEFLATED_FRAME, transfer_syntax_of

PIXEL_TAGS = (
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "SamplesPerPixel", "PixelRepresentation"),
    *("PhotometricInterpretation", "PlanarConfiguration"),
)


class UndecodableError(Exception):
    """Pixels that will not be decoded.

    Attributes:
        reason: A code: "damaged", "unsupported-process" or "other-size".
        process: The kind of JPEG, if it is the reason.
    """

    def __init__(self, reason: str, process: str = "") -> None:
        super().__init__(reason)
        self.reason, self.process = reason, process


@dataclass(frozen=True)
class DecodedFrame:
    """The one frame of a file.

    Attributes:
        pixels: (H, W) or (H, W, 3) integers.
        stream: The header of its code stream; None if its pixels were not compressed.
        is_cut_off: Whether its last rows are missing.
    """

    pixels: npt.NDArray[Any]
    stream: CodeStream | None
    is_cut_off: bool = False


def decode_frame(path: Path) -> DecodedFrame:
    """Decodes the single frame of a DICOM file, by what its code stream says it is.

    Raises:
        UndecodableError: damaged, of another size than the header states, or of a kind that no decoder knows.
        OSError, or one of `header.PARSING_ERRORS`: the file is damaged.
    """
    header = load_data_set(path, needed="Rows", stop_before_pixels=True)
    repair_pixel_tags(header)
    pixel_data = pixel_data_of(path)
    if pixel_data is None:
        raise UndecodableError("damaged")
    frame, stream = frame_in(path, pixel_data)
    shape = (header.Rows, header.Columns)
    if stream is None:
        return DecodedFrame(_uncompressed(header, frame), None)
    if stream.shape not in (None, shape):
        raise UndecodableError("other-size")
    is_cut_off = False
    if stream.coding is Coding.RLE:
        pixels = _run_lengths(header, frame, stream)
    else:
        pixels, is_cut_off = decode_or_say_why(frame, stream, header.PhotometricInterpretation)
        pixels = _as_rgb(pixels, stream, header.PhotometricInterpretation)
    if pixels.shape[:2] != shape:
        raise UndecodableError("other-size")
    return DecodedFrame(pixels, stream, is_cut_off)


def decode_or_say_why(content: bytes, stream: CodeStream, photometric: str = "") -> tuple[npt.NDArray[Any], bool]:
    """Pixels of a code stream, and whether their last rows are missing.

    Raises:
        UndecodableError: damaged, or of a kind that no decoder knows.
    """
    try:
        decoded = decode_stream(content, stream, photometric)
    except UndecodedError as error:
        raise UndecodableError("unsupported-process" if stream.process else "damaged", stream.process) from error
    return decoded.pixels, decoded.is_cut_off


def _uncompressed(header: Dataset, frame: bytes) -> npt.NDArray[Any]:
    """Values in fragments that are not compressed, or deflated (PS3.5 A.4.11, A.4.15)."""
    needed = header.Rows * header.Columns * header.SamplesPerPixel * header.BitsAllocated // 8
    if transfer_syntax_of(header) == DEFLATED_FRAME:
        try:
            frame = zlib.decompressobj(-zlib.MAX_WBITS).decompress(frame, needed)
        except zlib.error as error:
            raise UndecodableError("damaged") from error
    if not needed <= len(frame) <= needed + 1:  # one byte may fill it up; anything else is an unknown compression
        raise UndecodableError("damaged")
    return _by_pydicom(header, frame, ExplicitVRLittleEndian)


def _run_lengths(header: Dataset, frame: bytes, stream: CodeStream) -> npt.NDArray[Any]:
    bytes_per_sample, rest = divmod(stream.segments, header.SamplesPerPixel)
    if not rest and bytes_per_sample in (1, 2, 4) and 8 * bytes_per_sample != header.BitsAllocated:
        header.BitsAllocated = 8 * bytes_per_sample  # the stream itself says how many bytes a sample has
        header.BitsStored = min(header.BitsStored, header.BitsAllocated)
    try:
        return _by_pydicom(header, encapsulate([frame]), RLELossless)
    except PARSING_ERRORS as error:
        raise UndecodableError("damaged") from error
    except RuntimeError as error:  # every one of pydicom's decoders failed
        raise UndecodableError("damaged") from error


def _by_pydicom(header: Dataset, value: bytes, syntax: UID) -> npt.NDArray[Any]:
    """Pixels by pydicom's own decoders; the parent masks the unused bits, since only it takes High Bit into account."""
    dataset = Dataset()
    for keyword in PIXEL_TAGS:
        if keyword in header:
            setattr(dataset, keyword, header[keyword].value)
    dataset.HighBit = dataset.BitsStored - 1
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.add_new("PixelData", "OW" if dataset.BitsAllocated > 8 else "OB", value)
    dataset["PixelData"].is_undefined_length = syntax == RLELossless
    dataset.pixel_array_options(correct_unused_bits=False)
    return np.asarray(dataset.pixel_array)


def _as_rgb(pixels: npt.NDArray[Any], stream: CodeStream, photometric: str) -> npt.NDArray[Any]:
    """Luminance and colour differences to RGB, where the codec leaves that to the header."""
    is_left = stream.coding not in (Coding.JPEG, Coding.JPEG_XL) and not stream.is_rgb
    if pixels.ndim != 3 or pixels.shape[2] != 3 or not is_left or not photometric.startswith("YBR_FULL"):
        return pixels
    return convert_color_space(pixels, "YBR_FULL", "RGB") if pixels.dtype == np.uint8 else pixels[..., 0]

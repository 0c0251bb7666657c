"""The parent's side of the decoder process: a time limit, a restart after a crash, an error for every failure."""

from __future__ import annotations

import atexit
import json
import math
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bsnet_core.child_process import Child, end_child, start_child
from bsnet_core.errors import BSNetError, ImageTooLargeError, UnreadableImageError, UnsupportedObjectError
from bsnet_core.language import translate as _
from bsnet_core.loading.codestream import CodeStream, Coding

MAX_PIXELS = 120_000_000
"""Largest image that is loaded; the largest chest detectors have some 20 million pixels."""
BASE_LIMIT_S = 15.0
LIMIT_S_PER_MEGAPIXEL = 3.0
LIMIT_S_PER_MEGABYTE = 1.5
"""A computer busy with other work decodes a megapixel of the slowest codec within a second or two."""
MOST_PIXELS_PER_BYTE = 100
"""Sound images with more than that are nearly blank and decoded at once; a damaged header may declare any size."""
COMMAND = (sys.executable, "-m", "bsnet_core.loading.decoder_process")


@dataclass(frozen=True)
class DecodedImage:
    """An image from the codec.

    Attributes:
        grey: (H, W) integers.
        colourfulness: How colourful the image was before it was reduced to grey.
        stream: The header of its code stream; None if there was none.
        is_cut_off: Whether the end of the stream, and with it the last rows, is missing.
    """

    grey: npt.NDArray[Any]
    colourfulness: float
    stream: CodeStream | None = None
    is_cut_off: bool = False


def time_limit_s(pixels: int, file_bytes: int) -> float:
    """Seconds that a decoder may take: it grows with the declared size and with the size of the file.

    Args:
        pixels: As declared; 0 if not known.
        file_bytes: Size of the file.
    """
    megapixels = min(pixels, MOST_PIXELS_PER_BYTE * file_bytes) / 10**6
    return BASE_LIMIT_S + LIMIT_S_PER_MEGAPIXEL * megapixels + LIMIT_S_PER_MEGABYTE * file_bytes / 10**6


class Decoder:
    """One child process, started when first needed; calls from several threads take turns."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._process: Child | None = None

    def decode(
        self, kind: str, path: Path, timeout_s: float = BASE_LIMIT_S, *, sampled_px: int | None = None
    ) -> DecodedImage:
        """Decodes a file in the child.

        Args:
            kind: "dicom" or "plain".
            path: The file; its declared DICOM size has been checked.
            timeout_s: The child is killed after this many seconds; see `time_limit_s`.
            sampled_px: Pixels to keep at least along the shorter side; all if None.

        Raises:
            UnreadableImageError: damaged pixels, or a codec that crashed or took too long.
            ImageTooLargeError: beyond the limit of pixels or memory.
            UnsupportedObjectError: several images in the file, or an unsupported kind of pixels.
        """
        request = {
            "kind": kind,
            "path": str(path.absolute()),
            "max_pixels": MAX_PIXELS,
            "timeout_s": timeout_s,
            "sampled_px": sampled_px,
        }
        with self._lock:
            try:
                process = self._running()
            except OSError as error:
                raise UnreadableImageError(
                    _("The decoder for compressed images could not be started. Start the program again.")
                ) from error
            expired = threading.Event()

            def expire() -> None:
                expired.set()
                process.kill()

            timer = threading.Timer(timeout_s, expire)
            timer.daemon = True
            timer.start()
            answered = False
            try:
                decoded = _exchange(process, request)
                answered = True
                return decoded
            except BSNetError:
                answered = True
                raise
            except (OSError, EOFError, ValueError, KeyError) as error:
                if expired.is_set():
                    sentence = _("Decoding this file took over {seconds} seconds and was stopped. It may be damaged.")
                    sentence = sentence.format(seconds=f"{timeout_s:g}")
                else:
                    sentence = _("The decoder for this file's compression crashed. The file is probably damaged.")
                raise UnreadableImageError(sentence) from error
            finally:
                timer.cancel()
                if not answered or expired.is_set():
                    # Half an answer left in the pipe, or a child just killed, would break the next file.
                    self._stop()

    def close(self) -> None:
        """Ends the child; the next call starts a new one."""
        with self._lock:
            self._stop()

    def _running(self) -> Child:
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._process = start_child(self._command, is_quiet=True)
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end_child(process)


def _exchange(process: Child, request: dict[str, Any]) -> DecodedImage:
    text = json.dumps(request).encode()
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(struct.pack(">I", len(text)) + text)
    process.stdin.flush()
    header = json.loads(_read_exactly(process, struct.unpack(">I", _read_exactly(process, 4))[0]))
    if "reason" in header:
        raise _rejection(header["reason"], header["values"])
    dtype = np.dtype(header["dtype"])
    payload = _read_exactly(process, math.prod(header["shape"]) * dtype.itemsize)
    grey = np.frombuffer(payload, dtype).reshape(header["shape"])
    return DecodedImage(grey, float(header["colourfulness"]), _stream_of(header["stream"]), bool(header["is_cut_off"]))


def _stream_of(values: Mapping[str, Any] | None) -> CodeStream | None:
    if values is None:
        return None
    shape = None if values["shape"] is None else (int(values["shape"][0]), int(values["shape"][1]))
    return CodeStream(**{**values, "coding": Coding(values["coding"]), "shape": shape})


def _rejection(reason: str, values: Mapping[str, int | str]) -> BSNetError:
    """The error for the child's reason, worded here, where the language in use is known."""
    match reason:
        case "too-many-pixels":
            sentence = _(
                "The image declares {width} × {height} pixels, over the limit of {limit} million. It was not loaded."
            )
            return ImageTooLargeError(sentence.format(**values))
        case "no-memory":
            return ImageTooLargeError(_("There is not enough memory to decode this image."))
        case "several-images":
            return UnsupportedObjectError(
                _("This file holds several images. Save the one you need as a separate file.")
            )
        case "colour-model":
            return UnsupportedObjectError(
                _("TIFF images of this colour model cannot be loaded. Save the image as greyscale.")
            )
        case "pixel-type":
            sentence = _("TIFF images of type {type} cannot be loaded. Save the image with 8 or 16 bits.")
            return UnsupportedObjectError(sentence.format(**values))
        case "unsupported-process":
            sentence = _(
                "This kind of compressed image ({process}) cannot be loaded; it is not damaged. Export it as JPEG 2000."
            )
            return UnsupportedObjectError(sentence.format(**values))
        case "other-size":
            return UnreadableImageError(
                _("The size of the compressed image differs from its DICOM header. The file is probably damaged.")
            )
        case _other:
            return UnreadableImageError(_("The image in this file is damaged and cannot be decoded."))


def _read_exactly(process: Child, count: int) -> bytes:
    content = process.stdout.read(count) if process.stdout is not None else b""
    if len(content) < count:
        raise EOFError
    return content


DECODER = Decoder()
"""The program's only decoder; it ends with the program."""
atexit.register(DECODER.close)

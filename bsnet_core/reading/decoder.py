"""The parent's side of the decoder process: a time limit, a restart after a crash, a sentence for every failure."""

from __future__ import annotations

import atexit
import json
import math
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bsnet_core.errors import BSNetError, ImageTooLargeError, UnreadableImageError, UnsupportedObjectError

MAX_PIXELS = 120_000_000
"""Largest picture that is read; the largest chest detectors have some 20 million pixels."""
DEFAULT_TIMEOUT_S = 60.0
COMMAND = (sys.executable, "-m", "bsnet_core.reading.decoder_process")

_ERRORS: dict[str, type[BSNetError]] = {
    "too-large": ImageTooLargeError,
    "unsupported-object": UnsupportedObjectError,
    "unreadable": UnreadableImageError,
}


@dataclass(frozen=True)
class DecodedPicture:
    """(H, W) integers as the codec gave them, and how colourful the picture was before it became grey."""

    grey: npt.NDArray[Any]
    colourfulness: float


class Decoder:
    """One child process, started when first needed; calls from several threads take turns."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def decode(self, kind: str, path: Path, timeout_s: float = DEFAULT_TIMEOUT_S) -> DecodedPicture:
        """Decodes a file in the child.

        Args:
            kind: "dicom" or "picture".
            path: The file; its declared DICOM size has been checked.
            timeout_s: The child is killed after this many seconds.

        Raises:
            UnreadableImageError: damaged pixels, or a codec that crashed or took too long.
            ImageTooLargeError: over the limit of pixels or memory.
            UnsupportedObjectError: several pictures, or a kind of pixels that is not read.
        """
        request = {"kind": kind, "path": str(path.absolute()), "max_pixels": MAX_PIXELS, "timeout_s": timeout_s}
        with self._lock:
            try:
                process = self._running()
            except OSError as error:
                raise UnreadableImageError("The decoder for compressed pictures could not be started.") from error
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
                    sentence = f"Decoding this file took over {timeout_s:g} seconds and was stopped. It may be damaged."
                else:
                    sentence = "The decoder of this file's compression crashed. The file is probably damaged."
                raise UnreadableImageError(sentence) from error
            finally:
                timer.cancel()
                if not answered or expired.is_set():
                    # Half an answer left in the pipe, or a child just killed, would spoil the next file.
                    self._stop()

    def close(self) -> None:
        """Ends the child; the next call starts a new one."""
        with self._lock:
            self._stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).parents[2],
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # unsent bytes of a dead child
                    continue


def _exchange(process: subprocess.Popen[bytes], request: dict[str, Any]) -> DecodedPicture:
    text = json.dumps(request).encode()
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(struct.pack(">I", len(text)) + text)
    process.stdin.flush()
    header = json.loads(_read_exactly(process, struct.unpack(">I", _read_exactly(process, 4))[0]))
    if "code" in header:
        raise _ERRORS[header["code"]](header["error"] or "The picture in this file is damaged and cannot be decoded.")
    dtype = np.dtype(header["dtype"])
    payload = _read_exactly(process, math.prod(header["shape"]) * dtype.itemsize)
    return DecodedPicture(np.frombuffer(payload, dtype).reshape(header["shape"]), float(header["colourfulness"]))


def _read_exactly(process: subprocess.Popen[bytes], count: int) -> bytes:
    content = process.stdout.read(count) if process.stdout is not None else b""
    if len(content) < count:
        raise EOFError
    return content


DECODER = Decoder()
"""The program's one child; it ends with the program."""
atexit.register(DECODER.close)

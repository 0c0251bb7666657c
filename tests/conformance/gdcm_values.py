"""Writes the stored values that GDCM finds in files beside them: `python -m tests.conformance.gdcm_values FILE...`.

Nothing is written for a file that GDCM rejects; some of these end its process, so each has one of its own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import gdcm
import numpy as np
import numpy.typing as npt

from tests.conformance.peers import values_of

DTYPES = {8: np.dtype("u1"), 12: np.dtype("u2"), 16: np.dtype("u2"), 32: np.dtype("u4")}


def stored(path: Path) -> npt.NDArray[np.int64]:
    """(H, W) stored values.

    Raises:
        ValueError: rejected, or not grey.
    """
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        raise ValueError("GDCM rejects the file.")
    image = reader.GetImage()
    kind = image.GetPixelFormat()
    width, height = image.GetDimension(0), image.GetDimension(1)
    dtype = DTYPES.get(kind.GetBitsAllocated())
    buffer = image.GetBuffer()
    if dtype is None or kind.GetSamplesPerPixel() != 1 or buffer is None:
        raise ValueError("GDCM gives no grey values.")
    data = buffer.encode("utf-8", "surrogateescape")
    words = np.frombuffer(data, dtype).reshape(height, width)
    signed = kind.GetPixelRepresentation() == 1
    return values_of(words, kind.GetBitsStored(), kind.GetHighBit(), signed=signed)


def main() -> None:
    for name in sys.argv[1:]:
        if child := os.fork():
            os.waitpid(child, 0)
            continue
        try:
            np.save(Path(name).with_suffix(".npy"), stored(Path(name)))
        finally:
            os._exit(0)


if __name__ == "__main__":
    main()

"""dcmtk and GDCM on the same files: the stored values and grey levels that they find, where they are installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset

from tests.conformance.synthetic_image import luminance

DECOMPRESSORS = {
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in range(50, 71)), "dcmdjpeg"),
    "1.2.840.10008.1.2.4.80": "dcmdjpls",
    "1.2.840.10008.1.2.4.81": "dcmdjpls",
    "1.2.840.10008.1.2.5": "dcmdrle",
}
PAINTERS = {"dcmdjpeg": "dcmj2pnm", "dcmdjpls": "dcml2pnm"}
EXPLICIT = ("+te",)
DTYPES = {8: "u1", 16: "<u2", 32: "<u4"}
TIMEOUT_S = 30
REPOSITORY = Path(__file__).parents[2]


def has_dcmtk() -> bool:
    """Whether dcmtk's commands can be run."""
    return all(shutil.which(tool) for tool in ("dcmconv", "dcm2pnm", *DECOMPRESSORS.values(), *PAINTERS.values()))


def has_gdcm() -> bool:
    """Whether GDCM can be asked: in processes of its own, as some files end them."""
    return importlib.util.find_spec("gdcm") is not None and hasattr(os, "fork")


def stored_by_dcmtk(path: Path) -> npt.NDArray[np.int64] | None:
    """(H, W) stored values, or None if dcmtk rejects the file."""
    plain = path.with_suffix(".plain")
    plain.unlink(missing_ok=True)
    tool = _decompressor(path)
    command = ["dcmconv", *EXPLICIT] if tool is None else [tool]
    if not _runs([*command, str(path), str(plain)]):
        return None
    dataset = pydicom.dcmread(plain)
    allocated = dataset.get("BitsAllocated", 0)
    if "PixelData" not in dataset or allocated not in DTYPES or dataset.SamplesPerPixel != 1:
        return None
    words = np.frombuffer(dataset.PixelData, DTYPES[allocated])
    if len(words) < dataset.Rows * dataset.Columns:
        return None
    words = words[: dataset.Rows * dataset.Columns].reshape(dataset.Rows, dataset.Columns)
    return values_of(words, dataset.BitsStored, dataset.HighBit, signed=dataset.PixelRepresentation == 1)


def values_of(words: npt.NDArray[np.unsignedinteger], bits: int, high: int, *, signed: bool) -> npt.NDArray[np.int64]:
    """Words masked, shifted and with their sign, as PS3.5 8.1.1 says."""
    values = (words.astype(np.int64) >> (high + 1 - bits)) & ((1 << bits) - 1)
    return np.where(values >> (bits - 1) == 1, values - (1 << bits), values) if signed else values


def shown_by_dcmtk(path: Path) -> npt.NDArray[np.int64] | None:
    """(H, W) grey levels by the file's first VOI LUT or window, luminance for colour; None if dcmtk rejects it."""
    header = pydicom.dcmread(path, stop_before_pixels=True)
    painter = PAINTERS.get(_decompressor(path) or "", "dcm2pnm")
    voi = ["+Wl", "1"] if "VOILUTSequence" in header else ["+Wi", "1"] if "WindowCenter" in header else []
    image = path.with_suffix(".pnm")
    image.unlink(missing_ok=True)
    if not _runs([painter, *voi, "-O", "+op", str(path), str(image)]):
        return None
    return pnm(image.read_bytes())


def pnm(content: bytes) -> npt.NDArray[np.int64]:
    """(H, W) of a binary PGM, or luminance of a PPM."""
    kind, width, height, _rest = content.split(maxsplit=3)
    shape, samples = (int(height), int(width)), 3 if kind == b"P6" else 1
    pixels = np.frombuffer(content[-shape[0] * shape[1] * samples :], np.uint8)
    return pixels.reshape(shape).astype(np.int64) if samples == 1 else luminance(pixels.reshape(*shape, 3))


def stored_by_gdcm(paths: list[Path]) -> dict[Path, npt.NDArray[np.int64]]:
    """(H, W) stored values of the files that GDCM does not reject; by processes of their own."""
    command = [sys.executable, "-m", "tests.conformance.gdcm_values", *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY, timeout=TIMEOUT_S * 10)
    found = {path: path.with_suffix(".npy") for path in paths}
    return {path: np.load(values) for path, values in found.items() if values.exists()}


def _decompressor(path: Path) -> str | None:
    meta: Dataset = pydicom.filereader.read_file_meta_info(path)
    return DECOMPRESSORS.get(str(meta.TransferSyntaxUID))


def _runs(command: list[str]) -> bool:
    result = subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT_S)
    return result.returncode == 0 and Path(command[-1]).exists()

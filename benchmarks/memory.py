"""Resident memory of the window's process while images are opened one after the other."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

from benchmarks.images import BITS, large_image
from benchmarks.own_process import in_own_process
from benchmarks.timing import Row
from benchmarks.window import is_settled, is_shown, open_viewer, own_home
from bsnet_core.model.card import default_model_dir
from tests.dicom_files import write_dicom

IMAGE_SIDE_PX = 1024
REPORTED, REPORTED_ANALYSED = (20, 100, 150, 200), (20, 40, 60)
"""After these numbers of images the memory is reported; the last one ends the measurement."""


def memory() -> list[Row]:
    """Without analysis and with it; ratios are the memory at the start divided by the memory after some images.

    Raises:
        WeightsError: no model is installed.
    """
    if not Path("/proc/self/statm").exists():
        return [Row("resident memory", 0.0, 1.0, "measured on Linux only")]
    default_model_dir()
    return in_own_process(_memory)


def _memory() -> list[Row]:
    with own_home() as folder:
        no_model = folder / "no-model"
        no_model.mkdir()
        rows = _open_one_by_one(folder, REPORTED, no_model, "")
        return rows + _open_one_by_one(folder, REPORTED_ANALYSED, default_model_dir(), ", analysed")


def _open_one_by_one(folder: Path, reported: tuple[int, ...], model: Path, what: str) -> list[Row]:
    pixels = large_image()[:IMAGE_SIDE_PX, :IMAGE_SIDE_PX]
    with open_viewer(model) as (window, meter):
        meter.run(window.isVisible)
        start, at_first = time.perf_counter(), resident_mib()
        rows, used = [Row(f"at start{what}", 0.0, 1.0, f"{at_first:.0f} MiB")], dict[int, float]()
        for number in range(1, reported[-1] + 1):
            path = write_dicom(folder / f"{number}{what.strip(', ')}.dcm", pixels, BITS)
            window.open_paths([path])
            meter.run(partial(is_shown, window, path))
            meter.run(lambda: is_settled(window.session.current))
            if number in reported:
                used[number] = resident_mib()
                seconds = time.perf_counter() - start
                note = f"{used[number]:.0f} MiB"
                rows.append(Row(f"after {number} images{what}", seconds, at_first / used[number], note))
    first, last = reported[-2:]
    slope = 1024 * (used[last] - used[first]) / (last - first)
    rows.append(Row(f"from {first} to {last} images{what}", 0.0, 1.0, f"{slope:+.0f} KiB per image"))
    return rows


def resident_mib() -> float:
    """Resident memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2

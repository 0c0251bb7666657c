"""Resident memory of the window's process while studies are opened one after the other."""

from __future__ import annotations

import os
import time
from pathlib import Path

from benchmarks.images import BITS, large_image
from benchmarks.timing import Row
from benchmarks.window import (
    StallMeter,
    is_settled,
    is_shown,
    let_go,
    measured_elsewhere,
    own_home,
    real_window,
    write_rows,
)
from bsnet_core.resources import default_model_dir
from tests.dicom_files import write_dicom

IMAGES, STUDIES_ANALYSED, IMAGE_SIDE_PX = 200, 60, 1024
TOLD, TOLD_ANALYSED = (20, 100, 150, 200), (20, 40, 60)


def memory() -> list[Row]:
    """Without analysis and with it; ratios are the memory at the start divided by the memory then.

    Raises:
        WeightsError: no model is installed.
    """
    if not Path("/proc/self/statm").exists():
        return [Row("resident memory", 0.0, 1.0, "measured on Linux only")]
    default_model_dir()
    return measured_elsewhere("benchmarks.memory")


def of_this_process() -> list[Row]:
    """What `memory` gives, measured in the process that calls it."""
    with own_home() as folder:
        (folder / "no-model").mkdir()
        rows = _open_in_turn(folder, IMAGES, TOLD, str(folder / "no-model"), "")
        return rows + _open_in_turn(folder, STUDIES_ANALYSED, TOLD_ANALYSED, str(default_model_dir()), ", analysed")


def _open_in_turn(folder: Path, count: int, told: tuple[int, ...], model: str, what: str) -> list[Row]:
    window = real_window("--no-samples", "--model", model)
    meter = StallMeter()
    meter.run(window.isVisible)
    start, at_first = time.perf_counter(), resident_mib()
    rows, known = [Row(f"at start{what}", 0.0, 1.0, f"{at_first:.0f} MiB")], dict[int, float]()
    image = large_image()[:IMAGE_SIDE_PX, :IMAGE_SIDE_PX]
    for number in range(1, count + 1):
        path = write_dicom(folder / f"{number}{what.strip(', ')}.dcm", image, BITS)
        window.open_paths([path])
        meter.run(lambda path=path: is_shown(window, path) and is_settled(window.session.current))  # type: ignore[misc]
        if number in told:
            known[number] = resident_mib()
            seconds = time.perf_counter() - start
            note = f"{known[number]:.0f} MiB"
            rows.append(Row(f"after {number} studies{what}", seconds, at_first / known[number], note))
    since, last = told[-2:]
    slope = 1024 * (known[last] - known[since]) / (last - since)
    rows.append(Row(f"from {since} to {last} studies{what}", 0.0, 1.0, f"{slope:+.0f} KiB per study"))
    window.close()
    let_go(window)
    return rows


def resident_mib() -> float:
    """Of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    write_rows(of_this_process())

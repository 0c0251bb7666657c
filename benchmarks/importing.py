"""Files per second from opening a folder of radiographs until they are in the list, as the user sees it.

The window is the real one, without a screen and with a home folder of its own, in a process of its own as in
`benchmarks.responsiveness`. Every image is of another patient, so that nothing found out for one helps the next.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from app.main_window import MainWindow
from benchmarks.images import BITS, large_image
from benchmarks.own_process import in_own_process
from benchmarks.timing import Row
from benchmarks.window import StallMeter, open_viewer, own_home
from tests.dicom_files import write_dicom

FILES = 300
SIDES_PX = (256, 1024)
GOAL_FILES_PER_S = 70.0
SETTLING_S = 2.0
"""Time for the window to settle before the folder is chosen, as it has in front of a person."""


def importing() -> list[Row]:
    """Opening folders of small images, until all are in the list, and until all are in the library."""
    return in_own_process(_importing)


def _importing() -> list[Row]:
    rows = []
    for side_px in SIDES_PX:
        with own_home() as folder:
            rows += _import(_images(folder / "images", side_px), folder, side_px)
    return rows


def _images(folder: Path, side_px: int) -> Path:
    folder.mkdir()
    pixels = np.ascontiguousarray(large_image()[:side_px, :side_px])
    for number in range(FILES):
        name, date = f"Patient^{number:03d}", f"2020{number % 12 + 1:02d}{number % 28 + 1:02d}"
        write_dicom(
            folder / f"{number:03d}.dcm", pixels, BITS, PatientName=name, PatientID=f"P{number}", StudyDate=date
        )
    return folder


def _import(images: Path, folder: Path, side_px: int) -> list[Row]:
    no_model = folder / "no-model"
    no_model.mkdir()
    with open_viewer(no_model) as (window, meter):
        meter.run(lambda: False, SETTLING_S)
        kept: set[int] = set()
        window.keeper.recalled.connect(lambda key, recalled: kept.add(key))
        window.open_paths([images])
        listed_s = meter.run(partial(_are_listed, window))
        rows = [_row(f"in the list, {side_px} px", listed_s, _stall_of(meter))]
        thumbnails_s = listed_s + meter.run(partial(_have_thumbnails, window))
        rows.append(_row(f"with thumbnails, {side_px} px", thumbnails_s, _stall_of(meter)))
        kept_s = thumbnails_s + meter.run(lambda: len(kept) == FILES)
        rows.append(_row(f"kept in the library, {side_px} px", kept_s, _stall_of(meter)))
    return rows


def _row(what: str, seconds: float, note: str) -> Row:
    rate = FILES / seconds
    return Row(what, seconds, rate / GOAL_FILES_PER_S, f"{rate:.0f} files per s{note}")


def _stall_of(meter: StallMeter) -> str:
    return f", longest stall {1000 * max(meter.gaps_s, default=0.0):.0f} ms"


def _are_listed(window: MainWindow) -> bool:
    """Whether every image's row names patient and date."""
    images = window.session.images
    return len(images) == FILES and all(image.metadata.patient_name and image.metadata.study_date for image in images)


def _have_thumbnails(window: MainWindow) -> bool:
    return all(image.thumbnail is not None for image in window.session.images)

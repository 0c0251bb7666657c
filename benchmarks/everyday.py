"""How long the window's thread is held up by everything else that the viewer opens and shows.

The library holds thousands of films; two large films of one patient are analysed. Stalls as in
`benchmarks.responsiveness`, the opening of a window or a dialog included.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.library.library import Library
from app.main_window import MainWindow
from app.panels.report_dialog import ReportDialog
from app.settings.paths import library_file
from app.settings.settings import ThemeChoice
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
from tests.app.library_content import image, kept_prediction, metadata, reading
from tests.dicom_files import write_dicom

IMAGES, READINGS = 2000, 300
PATIENT = "P-4711"
DATES = ("20250301", "20250401")
LASTS_S = 0.6
"""How long an opened window is watched: longer than anything in it is put off."""


def everyday() -> list[Row]:
    """Windows, dialogs, panels and themes.

    Raises:
        WeightsError: no model is installed.
    """
    default_model_dir()
    return measured_elsewhere("benchmarks.everyday")


def of_this_process() -> list[Row]:
    """What `everyday` gives, measured in the process that calls it."""
    with own_home() as folder:
        _fill_library()
        images = [_image_of(folder, date) for date in DATES]
        window = real_window("--no-samples", "--model", str(default_model_dir()))
        meter = StallMeter()
        meter.run(lambda: False, LASTS_S)
        rows = [meter.row("stall while the library is listed", f", {IMAGES} films")]
        for path in images:
            meter.run(lambda path=path: is_shown(window, path), act=lambda path=path: window.open_paths([path]))  # type: ignore[misc]
            meter.run(lambda: is_settled(window.session.current))
        meter.run(lambda: False, LASTS_S)
        rows += [_row(meter, what, act) for what, act in _everything(window).items()]
        window.close()
        let_go(window)
    return rows


def _everything(window: MainWindow) -> dict[str, Callable[[], object]]:
    actions, settings = window.actions_by_name, window._settings

    def alone(name: str) -> Callable[[], None]:
        """An action, with all other windows closed before."""

        def act() -> None:
            for other in QApplication.topLevelWidgets():
                if other is not window and other.isVisible():
                    other.close()
            actions[name].trigger()

        return act

    def deidentify() -> None:
        next(dialog for dialog in window.findChildren(ReportDialog)).deidentify(True)

    def show(key: int) -> Callable[[], None]:
        return partial(window.session.select, key)

    def set_to(name: str, value: object) -> Callable[[], None]:
        return partial(setattr, settings, name, value)

    return {
        "the colours become light": set_to("theme", ThemeChoice.LIGHT),
        "the colours become dark": set_to("theme", ThemeChoice.DARK),
        "texts grow": set_to("font_percent", 120),
        "texts shrink": set_to("font_percent", 100),
        "preferences open": alone("preferences"),
        "preferences open again": alone("preferences"),
        "help opens": alone("help"),
        "tags open": alone("tags"),
        f"statistics open, {READINGS} readings": alone("statistics"),
        "all was opened, colours become light": set_to("theme", ThemeChoice.LIGHT),
        "all was opened, colours become dark": set_to("theme", ThemeChoice.DARK),
        "the report dialog opens": alone("report"),
        "the report leaves the patient out": deidentify,
        "the other analysed film is shown": show(0),
        "the first one is shown again": show(1),
        "the prior film comes beside it": alone("compare_prior"),
        "the prior film goes": alone("compare_prior"),
    }


def _row(meter: StallMeter, what: str, act: Callable[[], object]) -> Row:
    meter.run(lambda: False, LASTS_S, act=act)
    return meter.row(f"stall while {what}")


def _fill_library() -> None:
    library = Library.open(library_file(), keep_identity=True)
    for number in range(IMAGES):
        known = metadata(
            1 + number % 28,
            patient=f"P{number // 4:04d}",
            name=f"Patient^{number // 4:04d}",
            study_time=f"{number % 24:02d}0000",
        )
        kept = library.remember_image(known, *image()[1:])
        if number < READINGS:
            library.add_prediction(kept.number, kept_prediction())
            library.add_reading(kept.number, reading())
    library.close()


def _image_of(folder: Path, date: str) -> Path:
    return write_dicom(
        folder / f"{date}.dcm", large_image() << (16 - BITS), 16, PatientID=PATIENT, StudyDate=date, StudyTime="080000"
    )


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    write_rows(of_this_process())

"""Stalls of the window's thread by windows, dialogs, panels and themes.

The library holds thousands of images; two large images of one patient are analysed. Stalls are measured as in
`benchmarks.responsiveness`, and include the opening of a window or a dialog.
"""

from __future__ import annotations

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
from benchmarks.own_process import in_own_process
from benchmarks.timing import Row
from benchmarks.window import StallMeter, is_settled, is_shown, open_viewer, own_home
from bsnet_core.model.card import default_model_dir
from tests.app.library_content import image, kept_prediction, metadata, reading
from tests.dicom_files import write_dicom

IMAGES, READINGS = 2000, 300
PATIENT = "P-4711"
DATES = ("20250301", "20250401")
LASTS_S = 0.6
"""Time for which an opened window is watched: longer than anything in it is delayed."""


def everyday() -> list[Row]:
    """Windows, dialogs, panels and themes.

    Raises:
        WeightsError: no model is installed.
    """
    default_model_dir()
    return in_own_process(_everyday)


def _everyday() -> list[Row]:
    with own_home() as folder:
        _fill_library()
        images = [_image_of(folder, date) for date in DATES]
        with open_viewer(default_model_dir()) as (window, meter):
            meter.run(lambda: False, LASTS_S)
            rows = [meter.row("stall while the library is listed", f", {IMAGES} images")]
            for path in images:
                meter.run(partial(is_shown, window, path), act=partial(window.open_paths, [path]))
                meter.run(lambda: is_settled(window.session.current))
            meter.run(lambda: False, LASTS_S)
            rows += [_row(meter, what, act) for what, act in _everything(window).items()]
    return rows


def _everything(window: MainWindow) -> dict[str, Callable[[], object]]:
    actions, settings = window.actions_by_name, window._settings

    def alone(name: str) -> Callable[[], None]:
        """An action, with all other windows closed first."""

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
        "colours become light, all windows made": set_to("theme", ThemeChoice.LIGHT),
        "colours become dark, all windows made": set_to("theme", ThemeChoice.DARK),
        "the report dialog opens": alone("report"),
        "the report is de-identified": deidentify,
        "the other analysed image is shown": show(0),
        "the first one is shown again": show(1),
        "the prior image is shown beside it": alone("compare_prior"),
        "the prior image is closed": alone("compare_prior"),
    }


def _row(meter: StallMeter, what: str, act: Callable[[], object]) -> Row:
    meter.run(lambda: False, LASTS_S, act=act)
    return meter.row(f"stall while {what}")


def _fill_library() -> None:
    library = Library.open(library_file(), keep_identity=True)
    for number in range(IMAGES):
        header = metadata(
            1 + number % 28,
            patient=f"P{number // 4:04d}",
            name=f"Patient^{number // 4:04d}",
            study_time=f"{number % 24:02d}0000",
        )
        kept = library.remember_image(header, *image()[1:])
        if number < READINGS:
            library.add_prediction(kept.number, kept_prediction())
            library.add_reading(kept.number, reading())
    library.close()


def _image_of(folder: Path, date: str) -> Path:
    return write_dicom(
        folder / f"{date}.dcm", large_image() << (16 - BITS), 16, PatientID=PATIENT, StudyDate=date, StudyTime="080000"
    )

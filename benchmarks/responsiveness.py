"""An image of 3000 × 3000 pixels: stalls of the window's thread, time to first pixels, and time until work stops.

The window is the real one, without a screen and with a home folder of its own. Seconds of a stall are the longest time
in which the thread did not reach a timer of 2 ms; ratios are goals divided by measurements, so that over 1 is within
the goal. It runs in a process of its own: that of a window just opened, whose network is not loaded yet.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from app.main_window import MainWindow
from benchmarks.images import BITS, large_image
from benchmarks.own_process import in_own_process
from benchmarks.timing import Row
from benchmarks.window import StallMeter, is_settled, is_shown, open_viewer, own_home
from bsnet_core.model.card import default_model_dir
from bsnet_core.resources import sample_files
from tests.dicom_files import write_compressed, write_dicom

FIRST_PIXELS_GOAL_S = {"raw": 1.0, "RLE": 1.0, "JPEG-LS": 1.0, "JPEG 2000": 2.5}
CANCEL_GOAL_S, CLOSE_GOAL_S = 2.0, 3.0
EXPLAINED_S = 20.0
"""Longer than any work on the window's thread takes to appear; the rest of a map is more of the same."""
UNDER_WAY_S = 0.3
"""Time for which work has run when it is stopped."""


def responsiveness() -> list[Row]:
    """Loading, analysing and explaining one large image, and stopping work.

    Raises:
        WeightsError: no model is installed.
    """
    default_model_dir()
    return in_own_process(_responsiveness)


def _responsiveness() -> list[Row]:
    with own_home() as folder:
        images = _images(folder)
        with open_viewer(default_model_dir()) as (window, meter):
            window._settings.explains = False  # one thing after the other
            meter.run(window.isVisible)
            rows = _stalls(window, meter, images["raw"])
            rows += _first_pixels(window, meter, images)
            rows += _second_image(window, meter, images["raw"])
            rows += [_cancel_row(window, meter), _close_row(window, meter)]
    return rows


def _images(folder: Path) -> dict[str, Path]:
    image = large_image()
    return {
        "raw": write_dicom(folder / "raw.dcm", image << (16 - BITS), 16),
        "RLE": write_compressed(folder / "rle.dcm", image, RLELossless, BITS),
        "JPEG-LS": write_compressed(folder / "jpegls.dcm", image, JPEGLSLossless, BITS),
        "JPEG 2000": write_compressed(folder / "jpeg2000.dcm", image, JPEG2000Lossless, BITS),
    }


def _stalls(window: MainWindow, meter: StallMeter, image: Path) -> list[Row]:
    """The first image of a window just opened, from the file to the explanation map."""
    actions, stages = window.actions_by_name, list[str]()
    window.inference.progressed.connect(lambda stage, fraction: stages.append(stage))
    meter.run(lambda: window.view.radiograph is not None, act=lambda: window.open_paths([image]))
    rows = [meter.row("stall while loading the image")]
    meter.run(lambda: is_settled(window.session.current) or len(set(stages)) > 1)
    rows.append(meter.row("stall while the network is imported and loaded"))
    meter.run(lambda: is_settled(window.session.current))
    rows.append(meter.row("stall while analysing"))
    meter.run(lambda: not window.inference.is_busy, act=actions["analyse"].trigger)
    rows.append(meter.row("stall while analysing again"))
    meter.run(lambda: not window.inference.is_busy, EXPLAINED_S, act=actions["explain"].trigger)
    rows.append(meter.row("stall while explaining", f", first {EXPLAINED_S:.0f} s"))
    return rows


def _first_pixels(window: MainWindow, meter: StallMeter, images: dict[str, Path]) -> list[Row]:
    """From opening to the image on the screen; the first compressed image also starts the decoder."""
    rows = []
    for kind, image in images.items():
        if kind == "raw":
            image = image.rename(image.with_name("raw-again.dcm"))
        seconds = meter.run(partial(is_shown, window, image), act=partial(window.open_paths, [image]))
        rows.append(Row(f"first pixels, {kind}", seconds, FIRST_PIXELS_GOAL_S[kind] / seconds))
        meter.run(lambda: is_settled(window.session.current))
    return rows


def _second_image(window: MainWindow, meter: StallMeter, image: Path) -> list[Row]:
    """From opening another image until the first one's worker has stopped."""
    rows, others = [], iter(sample_files())
    for name, during in (("analyse", "analysing"), ("explain", "explaining")):
        meter.run(lambda: is_settled(window.session.current) and not window.inference.is_busy)
        meter.run(lambda: False, UNDER_WAY_S, act=window.actions_by_name[name].trigger)
        seconds = _until_stopped(window, meter, next(others))
        rows.append(Row(f"second image while {during}, first one stopped", seconds, CANCEL_GOAL_S / seconds))
    return rows


def _until_stopped(window: MainWindow, meter: StallMeter, other: Path) -> float:
    ended: list[float] = []
    running = window.inference._running
    if running is None:
        raise RuntimeError("The work had ended before it could be stopped.")
    running.job.ended.connect(lambda: ended.append(time.perf_counter()))
    return meter.run(lambda: bool(ended), act=lambda: window.open_paths([other]))


def _cancel_row(window: MainWindow, meter: StallMeter) -> Row:
    """From cancelling until the worker has stopped."""
    meter.run(lambda: is_settled(window.session.current) and not window.inference.is_busy)
    meter.run(lambda: False, UNDER_WAY_S, act=window.actions_by_name["analyse"].trigger)
    ended: list[bool] = []
    running = window.inference._running
    if running is None:
        return Row("cancel", 0.0, 1.0, "the work had ended before")
    running.job.ended.connect(lambda: ended.append(True))
    seconds = meter.run(lambda: bool(ended), act=window.inference.cancel)
    return Row("cancel, until the worker has stopped", seconds, CANCEL_GOAL_S / seconds)


def _close_row(window: MainWindow, meter: StallMeter) -> Row:
    meter.run(lambda: False, UNDER_WAY_S, act=window.actions_by_name["analyse"].trigger)
    start = time.perf_counter()
    window.close()
    seconds = time.perf_counter() - start
    note = "" if window.all_work_ended else "the worker was left behind"
    return Row("close during analysis", seconds, CLOSE_GOAL_S / seconds, note)

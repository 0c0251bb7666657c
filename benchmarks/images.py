"""Preprocessing, the display frame and loading, on an image of 3000 × 3000 pixels of 12 bits."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.canvas.drawing.frame import FrameRenderer
from app.canvas.drawing.orientation import Orientation
from app.canvas.geometry import ViewGeometry
from app.canvas.image_view import ImageView, OverlayState
from benchmarks.timing import Row, compare
from bsnet_core.display import auto_window, display_table
from bsnet_core.explanation import Explanation
from bsnet_core.frames import Aspect
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import load_radiograph
from bsnet_core.preprocessing import FAST_PATH_TOLERANCE, preprocess, preprocess_reference
from bsnet_core.radiograph import Radiograph
from bsnet_core.resources import sample_files
from tests.app.all_overlays import all_overlays
from tests.dicom_files import write_compressed, write_dicom

SIDE_PX = 3000
BITS = 12
VIEW = QSize(1200, 1200)
NETWORK_SIDE_PX = 512


@cache
def large_image() -> npt.NDArray[np.uint16]:
    """(3000, 3000) uint16 stored values 0 to 4095: a sample image enlarged, with grain like a detector's."""
    pixels = load_radiograph(sample_files()[0]).pixels
    enlarged = cv2.resize(np.array(pixels), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
    largest = (1 << BITS) - 1
    grain = np.random.default_rng(0).normal(0, 6, enlarged.shape)
    return np.clip(np.rint(enlarged * largest + grain), 0, largest).astype(np.uint16)


def preprocessing() -> list[Row]:
    """The fast path against the scikit-image chain, and their difference."""
    pixels = Radiograph(large_image(), stored_offset=0, bits_stored=BITS, monochrome1=False).pixels
    results: dict[str, npt.NDArray[np.float32]] = {}

    def reference() -> None:
        results["reference"], _ = preprocess_reference(pixels, NETWORK_SIDE_PX, Aspect.STRETCH)

    def fast() -> None:
        results["fast"], _ = preprocess(pixels, NETWORK_SIDE_PX, Aspect.STRETCH)

    slow_row, fast_row = compare({"scikit-image": reference, "fast path (OpenCV)": fast}, 3)
    difference = np.abs(results["fast"] - results["reference"])
    correlation = float(np.corrcoef(results["fast"].ravel(), results["reference"].ravel())[0, 1])
    fidelity = f"differs by {difference.mean():.4f} (limit {FAST_PATH_TOLERANCE})"
    note = f"goal: 10 times; at most {difference.max():.3f} apart, correlation {correlation:.4f}"
    return [slow_row, replace(fast_row, note=note, fidelity=fidelity)]


def display_frame() -> list[Row]:
    """The cost of one step of the window: for the whole image, or as the viewer does it."""
    pixels = large_image()
    radiograph = Radiograph(pixels, stored_offset=0, bits_stored=BITS, monochrome1=False)
    window = auto_window(radiograph)
    tables = [display_table(radiograph, replace(window, centre=window.centre + shift)) for shift in (0.0, 10.0)]
    renderer = FrameRenderer(pixels)
    screen = QImage(VIEW, QImage.Format.Format_RGB32)
    fitted = ViewGeometry.fitted(QSizeF(SIDE_PX, SIDE_PX), 1.0, QSizeF(VIEW))
    middle = QPointF(VIEW.width() / 2, VIEW.height() / 2)
    enlarged = fitted.zoomed(1 / fitted.scale, middle)
    turned = ViewGeometry.fitted(QSizeF(SIDE_PX, SIDE_PX), 1.0, QSizeF(VIEW), Orientation(1, True))
    moved = {"left": False}

    def whole() -> None:
        grey = tables[0][pixels]
        image = QImage(grey.data, SIDE_PX, SIDE_PX, SIDE_PX, QImage.Format.Format_Grayscale8)
        painter = QPainter(screen)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, VIEW.width(), VIEW.height()), image)
        painter.end()

    def frame_of(geometry: ViewGeometry, table: npt.NDArray[np.uint8]) -> None:
        frame = renderer.render(table, geometry.to_view, VIEW)
        if frame is None:
            raise RuntimeError("The image is outside the view.")
        painter = QPainter(screen)
        painter.drawImage(QPointF(frame.left_px, frame.top_px), frame.image)
        painter.end()

    def moving(geometry: ViewGeometry) -> None:
        # Another place each time, so that nothing kept from the last frame helps.
        moved["left"] = not moved["left"]
        frame_of(geometry.panned(QPointF(5.3 if moved["left"] else -5.3, 0.0)), tables[0])

    def windowed() -> None:
        frame_of(fitted, tables[1])

    ways: dict[str, Callable[[], object]] = {
        "whole image through the table": whole,
        "viewer, fitted, another window": windowed,
        "viewer, 1:1, moved": partial(moving, enlarged),
        "viewer, fitted, moved": partial(moving, fitted),
        "viewer, fitted, turned and mirrored, moved": partial(moving, turned),
    }
    return compare(ways, 15)


def overlaid_frame() -> list[Row]:
    """The cost of a whole frame under all overlays at once: drawn again each time, or as the viewer does it.

    Lungs, grid and scores are the shipped model's; the explanation map is invented, of square super-pixels.
    """
    if not isinstance(QApplication.instance(), QApplication):
        QApplication([])
    pixels = large_image()
    radiograph = Radiograph(pixels, stored_offset=0, bits_stored=BITS, monochrome1=False)
    window = auto_window(radiograph)
    windows = [replace(window, centre=window.centre + shift) for shift in (0.0, 10.0)]
    middle = QPointF(VIEW.width() / 2, VIEW.height() / 2)
    changes: dict[str, Callable[[ImageView, bool], object]] = {
        "another window": lambda view, back: view.set_voi(windows[back]),
        "moved": lambda view, back: view.pan(QPointF(-5.0 if back else 5.0, 0.0)),
        "zoomed": lambda view, back: view.zoom(1 / 1.1 if back else 1.1, middle),
    }
    renderer, overlays = FrameRenderer(pixels), _all_overlays(radiograph)
    screen = QImage(VIEW, QImage.Format.Format_RGB32)

    def frames(
        state: OverlayState | None, change: Callable[[ImageView, bool], object], *, redraws: bool = False
    ) -> Callable[[], None]:
        # One view for every way, because each keeps what its next frame can use.
        view, step = ImageView(), {"back": False}
        view.resize(VIEW)
        view.show_radiograph(radiograph, renderer.twin())
        view.set_overlays(state or OverlayState(dict.fromkeys(overlays.shown, False), {}))
        view.render(screen)

        def frame() -> None:
            step["back"] = not step["back"]  # back and forth, so that every frame differs from the last
            change(view, step["back"])
            if redraws:
                view.set_overlays(replace(view.overlays))
            view.render(screen)

        return frame

    ways: dict[str, Callable[[], object]] = {"drawn again, moved": frames(overlays, changes["moved"], redraws=True)}
    for name, change in changes.items():
        ways[f"viewer, {name}"] = frames(overlays, change)
        ways[f"without overlays, {name}"] = frames(None, change)
    return compare(ways, 25)


def _all_overlays(radiograph: Radiograph) -> OverlayState:
    prediction = Predictor.load(device="cpu").predict(radiograph)
    side, across = prediction.lung_probability.shape[0], 16
    place = np.arange(side) * across // side
    superpixels = (across * place[:, None] + place[None, :]).astype(np.int32)
    contributions = np.random.default_rng(0).normal(0, 0.2, (across * across, 3, 2, 4)).astype(np.float32)
    explanation = Explanation(superpixels, prediction.zone_probabilities, contributions, 0.0)
    return all_overlays(prediction, explanation, opacity=0.7)


def loading() -> list[Row]:
    """From the file to pixels, per transfer syntax."""
    pixels = large_image()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {
            "uncompressed": write_dicom(folder / "plain.dcm", pixels, BITS),
            "RLE": write_compressed(folder / "rle.dcm", pixels, RLELossless, BITS),
            "JPEG-LS": write_compressed(folder / "jpegls.dcm", pixels, JPEGLSLossless, BITS),
            "JPEG 2000": write_compressed(folder / "jpeg2000.dcm", pixels, JPEG2000Lossless, BITS),
        }
        sizes = {kind: path.stat().st_size / 1e6 for kind, path in files.items()}
        rows = compare({kind: partial(load_radiograph, path) for kind, path in files.items()}, 3)
    return [replace(row, note=f"{sizes[row.what]:.1f} MB") for row in rows]

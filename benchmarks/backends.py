"""The accelerated backends against torch: speed, and drift on real images."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from benchmarks.timing import Row
from bsnet_core.backends import ACCELERATED_BACKENDS, TORCH
from bsnet_core.backends.admission import MIN_IMAGES, Drift
from bsnet_core.backends.openvino import is_installed
from bsnet_core.inference.backend_comparison import drift_of
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import find_images, load_radiograph
from bsnet_core.resources import sample_files

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
FOLDERS = ("cohen/images", "hannover/images", "nih-no-finding")
IMAGES = 36
"""A few more than an admission needs: some images are not scored."""


def backends() -> list[Row]:
    """Torch and every installed backend on the same images, whole predictions in turns.

    Raises:
        WeightsError: no model is installed.
    """
    images = real_images()
    where = "" if len(images) >= MIN_IMAGES else " (bundled samples only: too few to admit by)"
    reference = Predictor.load(device="cpu", backend=TORCH)
    drifts = [
        drift_of(Predictor.load(device="cpu", backend=name), reference, map(load_radiograph, images))
        for name in ACCELERATED_BACKENDS
        if is_installed(name)
    ]
    if not drifts:
        return [Row("torch", 0.0, 1.0, "no accelerated backend is installed; it comes with the extra 'accelerated'")]
    torch_seconds = drifts[0].seconds * drifts[0].speed_up
    rows = [Row("torch, channels last", torch_seconds, 1.0, f"{drifts[0].images} images{where}")]
    return rows + [_row(drift) for drift in drifts]


def real_images() -> list[Path]:
    """Images from all over the shared data folder beside the checkout; the bundled samples without it."""
    images: list[Path] = []
    for name in FOLDERS:
        folder = SHARED_DATA / name
        if folder.is_dir():
            found = find_images(folder)
            images += islice(found, 0, None, max(1, len(found) * len(FOLDERS) // IMAGES))
    return images or sample_files()


def _row(drift: Drift) -> Row:
    verdict = "keeps the limits" if drift.keeps_limits else "over the limits, never chosen by auto"
    note = f"MAE of expected zone values {drift.expected_drift:.4f}, lowest Dice {drift.lowest_dice:.4f}: {verdict}"
    fidelity = f"scores changed {drift.changed_share:.1%}, Dice {drift.dice:.4f}"
    return Row(drift.backend, drift.seconds, drift.speed_up, note, fidelity)

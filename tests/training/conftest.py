"""A tiny data folder in the real layout, and a run over it."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.configuration.run_config import RunConfig

PATIENTS = 12

CONFIG = """
name = "tiny"
output = "{output}"
precision = "float32"
device = "cpu"
target = "centres-filled"
pictures_every = 2

[data]
cache = "cache"
validation_share = 0.25
test_share = 0.25

[[data.sources]]
kind = "cohen-folder"
folder = "data/cohen"

[[data.sources]]
kind = "nih-no-finding"
folder = "data/nih-no-finding"

[model]
encoder = "timm-tf_efficientnet_lite0"
decoder = "unet"
decoder_channels = [16, 16, 8, 8, 8]
side_px = 64
alignment_side_px = 64
head = "{head}"

[stages.segmentation]
epochs = {epochs}
batch_size = 4

[stages.alignment]
epochs = {epochs}
batch_size = 4

[stages.scoring]
epochs = {epochs}
batch_size = 4
normal_images = 2
normal_weight = 1.0
second_reader_weight = 0.3
frozen_variants = {variants}
average_decay = 0.9

[stages.end-to-end]
epochs = {epochs}
batch_size = 4
normal_images = 2
normal_weight = 1.0
segmentation_weight = 0.3
"""


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    """`data/cohen` and `data/nih-no-finding` with drawn lungs of random opacity."""
    root = tmp_path / "data"
    rng = np.random.default_rng(0)
    for folder in ("cohen/images", "cohen/masks", "nih-no-finding"):
        (root / folder).mkdir(parents=True)
    rows, scores = [], []
    for patient in range(PATIENTS):
        image, mask, zones = _image(rng)
        name = f"p{patient:02d}"
        cv2.imwrite(str(root / f"cohen/images/{name}.jpg"), image)
        cv2.imwrite(str(root / f"cohen/masks/{name}.png"), mask)
        rows.append({"image": f"images/{name}.jpg", "mask": f"masks/{name}.png", "patient_id": str(patient)})
        entry = {"image": f"images/{name}.jpg"}
        for reader in "SJ":
            entry |= {f"{reader}-{zone}": str(score) for zone, score in zip("ABCDEF", zones, strict=True)}
            entry[f"{reader}-Global"] = str(sum(zones))
        scores.append(entry)
    _write(root / "cohen/metadata.csv", rows)
    _write(root / "cohen/brixia-scores.csv", scores)
    for number in range(3):
        cv2.imwrite(str(root / f"nih-no-finding/0000{number}_000.jpg"), _image(rng)[0])
    return root


@pytest.fixture
def make_config(tmp_path: Path, data_root: Path):  # type: ignore[no-untyped-def]
    """Writes a configuration and reads it."""

    def make(output: str = "run", head: str = "fpn", variants: int = 2, epochs: int = 2) -> RunConfig:
        text = CONFIG.format(head=head, variants=variants, epochs=epochs, output=output)
        path = tmp_path / f"{output}.toml"
        path.write_text(text)
        return RunConfig.from_file(path)

    return make


def _image(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[int]]:
    image = np.full((160, 160), 190, np.uint8)
    mask = np.zeros_like(image)
    zones = [int(score) for score in rng.integers(0, 4, 6)]
    for column, x in enumerate((48, 112)):
        cv2.ellipse(mask, (x, 82), (24, 60), 0, 0, 360, 255, -1)
        for row in range(3):
            band = np.zeros_like(mask)
            band[22 + 40 * row : 62 + 40 * row, x - 24 : x + 25] = 255
            image[(band > 0) & (mask > 0)] = 60 + 35 * zones[3 * column + row]
    return (image + rng.integers(0, 20, image.shape)).astype(np.uint8), mask, zones


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

"""Metadata and thumbnails of files whose pixels nobody has asked for yet; for worker threads."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.session.open_image import Preview
from bsnet_core.display import default_voi, display_table
from bsnet_core.errors import BSNetError, Cancelled
from bsnet_core.language import translate as _
from bsnet_core.loading import load_metadata, load_radiograph
from bsnet_core.progress import Report
from bsnet_core.radiograph import ImageMetadata, Radiograph

THUMBNAIL_SIDE_PX = 144
SAMPLED_PX = 2 * THUMBNAIL_SIDE_PX
"""Pixels along the shorter side from which a thumbnail is made; the file's other pixels are skipped."""
PREVIEWS_WITHIN_S = 0.15
"""Time for one round of previews: an image chosen meanwhile waits no longer than this and one more file."""


@dataclass(frozen=True)
class Previews:
    """Previews by key, and errors by key; a key that is in neither has not been tried yet."""

    loaded: Mapping[int, Preview]
    rejected: Mapping[int, BSNetError]


def load_headers(paths: Mapping[int, Path], report: Report) -> dict[int, ImageMetadata]:
    """Metadata by key; files that cannot be loaded are skipped, since loading their pixels will say why."""
    metadata = {}
    for number, (key, path) in enumerate(paths.items()):
        report(_("Looking for images"), number / len(paths))
        with contextlib.suppress(BSNetError):
            metadata[key] = load_metadata(path)
    return metadata


def load_previews(paths: Mapping[int, Path], report: Report) -> Previews:
    """Loads previews until `PREVIEWS_WITHIN_S` have passed; at least one."""
    loaded: dict[int, Preview] = {}
    rejected: dict[int, BSNetError] = {}
    started = time.monotonic()
    for number, (key, path) in enumerate(paths.items()):
        if number and time.monotonic() - started > PREVIEWS_WITHIN_S:
            break
        report(_("Loading"), number / len(paths))
        try:
            sample = load_radiograph(path, sampled_px=SAMPLED_PX)
            loaded[key] = Preview(sample.metadata, thumbnail_of(sample))
        except Cancelled:
            raise
        except BSNetError as error:
            rejected[key] = error
    return Previews(loaded, rejected)


def thumbnail_of(radiograph: Radiograph) -> npt.NDArray[np.uint8]:
    """(H, W) uint8, the image as the viewer first shows it, longer side `THUMBNAIL_SIDE_PX`."""
    height, width = radiograph.shape
    scale = THUMBNAIL_SIDE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(radiograph.stored), size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(display_table(radiograph, default_voi(radiograph))[small])

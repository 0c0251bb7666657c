"""The JSRT database with the lung masks of SCR (Shiraishi et al. 2000, van Ginneken et al. 2006)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph
from training.datasets.sample import ImageFormat, Sample, UnreadableFileError
from training.datasets.tables import files_in

SIDE_PX = 2048
BITS = 12
FOLDS = ("fold1", "fold2")
"""SCR's folds: the first (124 images) is for training, the second (123 images) for the test (paper, Table 1)."""
LUNGS = ("left lung", "right lung")


def load_jsrt(root: Path) -> list[Sample]:
    """All images of `images/*.IMG` with `annotations/FOLD/masks/{left lung,right lung}/NAME.gif`.

    Args:
        root: Folder with `images` and `annotations` (the unpacked SCR archive).

    Raises:
        DataSetError: a missing folder.
    """
    fold_of = {
        mask.stem: fold for fold in FOLDS for lung in LUNGS for mask in files_in(_masks(root, fold) / lung, "*.gif")
    }
    # Of every image and every mask, so that a missing one is reported. An image in neither fold lacks masks of the
    # first.
    names = sorted({*(image.stem for image in files_in(root / "images", "*.IMG")), *fold_of})
    return [
        Sample(
            root / "images" / f"{name}.IMG",
            patient=f"jsrt-{name}",
            masks=tuple(_masks(root, fold_of.get(name, FOLDS[0])) / lung / f"{name}.gif" for lung in LUNGS),
            published_test=fold_of.get(name) == FOLDS[1],
            format=ImageFormat.JSRT,
        )
        for name in names
    ]


def _masks(root: Path, fold: str) -> Path:
    return root / "annotations" / fold / "masks"


def load_jsrt_radiograph(path: Path, side_px: int = SIDE_PX) -> Radiograph:
    """Loads a headerless image: big-endian 16-bit words of which 12 bits are used, low values bright.

    Args:
        path: The IMG file.
        side_px: Side of the square; other than 2048 only for reduced images.

    Raises:
        UnreadableFileError: the file has another length, or values of more than 12 bits.
    """
    try:
        words = np.fromfile(path, dtype=">u2")
    except OSError as error:
        raise UnreadableFileError(
            _("The image {path} cannot be loaded: {reason}.").format(path=path, reason=error)
        ) from error
    if words.size != side_px**2 or path.stat().st_size != 2 * side_px**2:
        raise UnreadableFileError(
            _("The image {path} has {size} bytes; {side} × {side} pixels of 16 bits need {expected}.").format(
                path=path, size=path.stat().st_size, side=side_px, expected=2 * side_px**2
            )
        )
    if int(words.max()) >= 1 << BITS:
        raise UnreadableFileError(
            _("The image {path} has values above {largest}: is it big-endian?").format(
                path=path, largest=(1 << BITS) - 1
            )
        )
    stored = words.astype(np.uint16).reshape(side_px, side_px)
    stored.setflags(write=False)
    return Radiograph(stored, stored_offset=0, bits_stored=BITS, monochrome1=True, source=path)

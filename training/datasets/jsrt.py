"""The JSRT data base with the lung masks of SCR (Shiraishi et al. 2000, van Ginneken et al. 2006)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph
from training.datasets.sample import DataSetError, ImageFormat, Sample, UnreadableFileError
from training.datasets.tables import existing_file, files_in

SIDE_PX = 2048
BITS = 12
FOLDS = ("fold1", "fold2")
"""SCR's folds: the first (124 films) trains, the second (123 films) is the test part (paper, Table 1)."""
LUNGS = ("left lung", "right lung")


def read_jsrt(root: Path) -> list[Sample]:
    """All films of `images/*.IMG` with `annotations/FOLD/masks/{left lung,right lung}/NAME.gif`.

    Args:
        root: Folder holding `images` and `annotations` (the unpacked SCR archive).

    Raises:
        DataSetError: a missing folder, a film without masks, or a mask without its film.
    """
    images = files_in(root / "images", "*.IMG")
    masks: dict[str, tuple[Path, ...]] = {}
    test: set[str] = set()
    for fold in FOLDS:
        folder = root / "annotations" / fold / "masks"
        for mask in files_in(folder / LUNGS[0], "*.gif"):
            existing_file(root / "images" / f"{mask.stem}.IMG")
            masks[mask.stem] = tuple(existing_file(folder / lung / mask.name) for lung in LUNGS)
            if fold == FOLDS[1]:
                test.add(mask.stem)
    for image in images:
        if image.stem not in masks:
            raise DataSetError(_("The film {image} has no lung masks in annotations.").format(image=image))
    return [
        Sample(
            image,
            patient=f"jsrt-{image.stem}",
            masks=masks[image.stem],
            published_test=image.stem in test,
            format=ImageFormat.JSRT,
        )
        for image in images
    ]


def read_jsrt_radiograph(path: Path, side_px: int = SIDE_PX) -> Radiograph:
    """A headerless film: big-endian 16-bit words of which 12 bits are used, low values bright.

    Args:
        path: The IMG file.
        side_px: Side of the square; other than 2048 only for films made smaller.

    Raises:
        UnreadableFileError: another length, or values of more than 12 bits.
    """
    try:
        words = np.fromfile(path, dtype=">u2")
    except OSError as error:
        raise UnreadableFileError(
            _("The film {path} cannot be read: {reason}.").format(path=path, reason=error)
        ) from error
    if words.size != side_px**2 or path.stat().st_size != 2 * side_px**2:
        raise UnreadableFileError(
            _("The film {path} has {size} bytes; {side} × {side} pixels of 16 bit have {wanted}.").format(
                path=path, size=path.stat().st_size, side=side_px, wanted=2 * side_px**2
            )
        )
    if int(words.max()) >= 1 << BITS:
        raise UnreadableFileError(
            _("The film {path} has values over {largest}: is it big-endian?").format(path=path, largest=(1 << BITS) - 1)
        )
    stored = words.astype(np.uint16).reshape(side_px, side_px)
    stored.setflags(write=False)
    return Radiograph(stored, stored_offset=0, bits_stored=BITS, monochrome1=True, source=path)

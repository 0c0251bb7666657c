"""The pixels of a sample, and one mask of both lungs."""

from __future__ import annotations

from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import numpy.typing as npt

from bsnet_core.language import translate as _
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import Radiograph
from training.datasets.jsrt import load_jsrt_radiograph
from training.datasets.sample import ImageFormat, MaskSizeError, Sample, UnreadableFileError

GIF_SIGNATURE = b"GIF8"


def load_sample_radiograph(sample: Sample) -> Radiograph:
    """Loads the sample's image.

    Raises:
        BSNetError: it cannot be loaded.
    """
    return load_jsrt_radiograph(sample.image) if sample.format is ImageFormat.JSRT else load_radiograph(sample.image)


def load_lung_mask(sample: Sample, image_shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Loads (H, W) bool on the image's pixel grid, true inside either lung.

    The SCR masks have half the resolution of the JSRT images: a mask smaller by a whole factor is enlarged.

    Args:
        sample: A sample with at least one mask.
        image_shape: (height, width) of its image in pixels.

    Raises:
        UnreadableFileError: a mask that cannot be loaded.
        MaskSizeError: a mask whose size does not fit its image.
    """
    union = np.zeros(image_shape, dtype=bool)
    for path in sample.masks:
        mask = load_mask(path)
        factor = image_shape[0] // mask.shape[0] if sample.format is ImageFormat.JSRT else 1
        if (mask.shape[0] * factor, mask.shape[1] * factor) != image_shape:
            raise MaskSizeError(
                _("The mask {mask} has another size than its image: {size}, {image_size}.").format(
                    mask=path, size=mask.shape, image_size=image_shape
                )
            )
        union |= np.kron(mask, np.ones((factor, factor), dtype=bool)) if factor > 1 else mask
    return union


def load_mask(path: Path) -> npt.NDArray[np.bool_]:
    """Loads (H, W) bool, true inside the lungs: every pixel of the file that is not zero.

    Raises:
        UnreadableFileError: the file is not an image.
    """
    try:
        content = path.read_bytes()
        if content.startswith(GIF_SIGNATURE):
            image = np.asarray(imagecodecs.gif_decode(content, index=0))
            return (image.max(axis=-1) if image.ndim == 3 else image) > 0
        mask = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_GRAYSCALE) if content else None
    except (OSError, RuntimeError, ValueError, cv2.error) as error:
        raise UnreadableFileError(
            _("The mask {mask} cannot be loaded: {reason}.").format(mask=path, reason=error)
        ) from error
    if mask is None:
        raise UnreadableFileError(_("The mask {mask} cannot be loaded.").format(mask=path))
    return np.asarray(mask) > 0

"""The paper's augmentation (Table 2) with albumentations 2.x; a mirrored image has its zones swapped.

The paper's parameters map as follows. Rotation, scale and shift are three `Affine` transforms, each with its own
probability; scale draws width and height separately, so that both shape and size of the lungs change by up to that
share. `ElasticTransform(alpha, sigma)`, `GridDistortion(num_steps, distort_limit)` and
`OpticalDistortion(distort_limit)` have the same names. Version 2 has no shift in the optical distortion, so the paper's
`shift_limit=0.05` is not used.
"""

from __future__ import annotations

import os

import cv2
import numpy as np
import numpy.typing as npt

# The library looks for a newer version online when it is imported.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as A

from training.configuration.sections import AugmentationConfig

Image = npt.NDArray[np.uint8]


class Augmentation:
    """Augments a network image together with its mask; deterministic after `reseed`."""

    def __init__(self, config: AugmentationConfig) -> None:
        self._flip_p = config.flip_p
        self._rng = np.random.default_rng(0)
        zeros = {"border_mode": cv2.BORDER_CONSTANT, "fill": 0, "fill_mask": 0}
        shift = (-config.shift, config.shift)
        self._compose = A.Compose(
            [
                A.Affine(rotate=(-config.rotation_deg, config.rotation_deg), p=config.affine_p, **zeros),
                A.Affine(scale=(1 - config.scale, 1 + config.scale), p=config.affine_p, **zeros),
                A.Affine(translate_percent={"x": shift, "y": shift}, p=config.affine_p, **zeros),
                A.ElasticTransform(
                    alpha=config.elastic_alpha, sigma=config.elastic_sigma, p=config.distortion_p, **zeros
                ),
                A.GridDistortion(
                    num_steps=config.grid_steps,
                    distort_limit=(-config.grid_limit, config.grid_limit),
                    p=config.distortion_p,
                    **zeros,
                ),
                A.OpticalDistortion(
                    distort_limit=(-config.optical_limit, config.optical_limit), p=config.distortion_p, **zeros
                ),
                A.RandomBrightnessContrast(
                    brightness_limit=(-config.brightness, config.brightness),
                    contrast_limit=(-config.contrast, config.contrast),
                    p=config.brightness_contrast_p,
                ),
            ]
        )

    def reseed(self, seed: int) -> None:
        """Starts the series of random transforms that belongs to a seed."""
        self._rng = np.random.default_rng(seed)
        self._compose.set_random_seed(seed)

    def __call__(self, image: Image, mask: Image) -> tuple[Image, Image, bool]:
        """Args: image, mask: (S, S) uint8. Returns: both after the same transform, and whether they were mirrored."""
        mirrored = bool(self._rng.random() < self._flip_p)
        if mirrored:
            image, mask = image[:, ::-1], mask[:, ::-1]
        result = self._compose(image=np.ascontiguousarray(image), mask=np.ascontiguousarray(mask))
        return result["image"], result["mask"], mirrored

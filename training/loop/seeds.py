"""Seeds of everything random in a training: each follows from the run's seed and from what it is for."""

from __future__ import annotations

_STRIDE = 100_003
_IMAGE_STRIDE = 1_000_003


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed of an epoch, the same whatever came before it."""
    return seed * _STRIDE + epoch


def image_seed(seed: int, row: int) -> int:
    """The seed of one image within an epoch, the same whichever process draws it and whatever came before.

    Args:
        seed: Of the epoch.
        row: Of the image among the prepared images.
    """
    return (seed * _IMAGE_STRIDE + row) % 2**32


def variant_seed(seed: int, row: int, variant: int, variants: int) -> int:
    """The seed of one of the augmented variants of an image that are kept, the same whenever it is first needed.

    Args:
        seed: Of the run.
        row: Of the image among the prepared images.
        variant: Which of the image's variants, from 0.
        variants: How many variants each image has.
    """
    return seed * _STRIDE + row * variants + variant

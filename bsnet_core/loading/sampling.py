"""A sample of an image's pixels: enough for a thumbnail, in a fraction of the time."""

from __future__ import annotations


def sampling_step(shape: tuple[int, int], sampled_px: int | None) -> int:
    """The n of taking every n-th pixel, so that both sides keep at least `sampled_px`; 1 if None: all pixels.

    Args:
        shape: (height, width) of the whole image.
        sampled_px: Pixels to keep along the shorter side.
    """
    return 1 if sampled_px is None else max(1, min(shape) // sampled_px)

"""Less than all pixels of a picture: enough for a thumbnail, in a fraction of the time."""

from __future__ import annotations


def sampling_step(shape: tuple[int, int], sampled_px: int | None) -> int:
    """Which every n-th pixel is taken so that both sides keep at least `sampled_px`; 1, all of them, if None.

    Args:
        shape: (height, width) of the whole picture.
        sampled_px: Pixels that are enough along the shorter side.
    """
    return 1 if sampled_px is None else max(1, min(shape) // sampled_px)

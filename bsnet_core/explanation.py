"""Super-pixel explanation maps (paper 5.4, Eq. 4)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from skimage.segmentation import quickshift

from bsnet_core.brixia import Zone
from bsnet_core.progress import Report, no_report

if TYPE_CHECKING:
    from bsnet_core.prediction import Prediction, Predictor

QUICKSHIFT_KERNEL_SHARE = 4 / 512
"""Width of the density kernel as a share of the side: 4 pixels at 512; gives some 200 super-pixels."""
QUICKSHIFT_DISTANCE_SHARE = 16 / 512
QUICKSHIFT_RATIO = 0.5
GPU_BATCH = 16


@dataclass(frozen=True)
class Explanation:
    """How masking each super-pixel of the network image changes every class probability.

    Attributes:
        superpixels: (S, S) int32 labels 0..N-1 in the network frame.
        base_probabilities: (3, 2, 4) float32, p_0 of the unmasked picture.
        contributions: (N, 3, 2, 4) float32, p_i - p_0: negative where the super-pixel speaks for the class.
        seconds: Wall-clock seconds of the whole computation.
    """

    superpixels: npt.NDArray[np.int32]
    base_probabilities: npt.NDArray[np.float32]
    contributions: npt.NDArray[np.float32]
    seconds: float

    def map_of(self, zone: Zone, score_class: int) -> npt.NDArray[np.float32]:
        """(S, S) float32, E = sum_i S_i (p_i - p_0) of one zone and class, network frame."""
        return self.contributions[self.superpixels, zone.row, zone.column, score_class]


def superpixels_of(network_image: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """Quickshift super-pixels (Vedaldi & Soatto 2008).

    Args:
        network_image: (S, S) float32 in [0, 1].

    Returns:
        (S, S) int32 labels 0..N-1 without gaps.
    """
    side = network_image.shape[0]
    # Quickshift clusters colour and place; a grey picture is three equal channels, as for the paper's input.
    labels = quickshift(
        np.repeat(network_image[..., None], 3, axis=2).astype(np.float64),
        ratio=QUICKSHIFT_RATIO,
        kernel_size=max(QUICKSHIFT_KERNEL_SHARE * side, 1.0),
        max_dist=QUICKSHIFT_DISTANCE_SHARE * side,
        convert2lab=False,
        rng=0,
    )
    _, gapless = np.unique(labels, return_inverse=True)
    return gapless.reshape(labels.shape).astype(np.int32)


def explain(predictor: Predictor, prediction: Prediction, report: Report = no_report) -> Explanation:
    """The paper's map without a short cut: every super-pixel set to zero in turn, the full network each time.

    Args:
        predictor: The predictor that gave `prediction`.
        prediction: Of the picture to explain.
        report: Told the share of super-pixels done; may raise `Cancelled`.

    Raises:
        Cancelled: `report` asked to stop.
    """
    start = time.perf_counter()
    report("Dividing the picture into super-pixels", 0.0)
    image = prediction.network_image
    superpixels = superpixels_of(image)
    count = int(superpixels.max()) + 1
    base = predictor.zone_probabilities(image[None])[0]
    # On a CPU one picture at a time is fastest; a GPU wants many.
    batch = 1 if predictor.device.type == "cpu" else GPU_BATCH
    contributions = np.empty((count, *base.shape), dtype=np.float32)
    for first in range(0, count, batch):
        report(f"Masking super-pixel {first + 1} of {count}", first / count)
        chosen = np.arange(first, min(first + batch, count))
        replicas = np.where(superpixels[None] == chosen[:, None, None], np.float32(0), image[None])
        contributions[chosen] = predictor.zone_probabilities(replicas) - base
    report("Done", 1.0)
    for array in (superpixels, base, contributions):
        array.setflags(write=False)
    return Explanation(superpixels, base, contributions, time.perf_counter() - start)

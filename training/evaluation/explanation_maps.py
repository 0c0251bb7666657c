"""The explanation maps that are compared: super-pixels of two kinds, and Grad-CAM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from skimage.segmentation import slic

from bsnet_core.brixia import Zone
from bsnet_core.explanation import Mode
from bsnet_core.explanation.exact import explain_exactly
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.explanation.maps.superpixels import superpixels_of
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.segmentation import lung_probability

SLIC_COMPACTNESS = 0.1

Map = npt.NDArray[np.float32]
"""(S, S): how much each pixel of the network image supports the predicted class; higher is more."""


@dataclass(frozen=True)
class MadeMap:
    """A map and how it was computed.

    Attributes:
        values: The map.
        mode: Mode of the explanation, for a map over super-pixels; None for any other.
    """

    values: Map
    mode: Mode | None = None

    def method(self, name: str) -> str:
        """Its name in a table, such as "quickshift (fast)"."""
        return name if self.mode is None else f"{name} ({self.mode})"


Maker = Callable[[Predictor, Prediction, Zone], MadeMap]


def superpixel_map(mode: Mode, partition: Callable[[Prediction], npt.NDArray[np.int32]]) -> Maker:
    """The paper's map (Eq. 4) over a partition: how far masking a super-pixel lowers the predicted class."""

    def make(predictor: Predictor, prediction: Prediction, zone: Zone) -> MadeMap:
        explain = explain_fast if mode is Mode.FAST else explain_exactly
        explanation = explain(predictor, prediction, superpixels=partition(prediction))
        return MadeMap(-explanation.map_of(zone, prediction.score[zone]), explanation.mode)

    return make


def quickshift_partition(prediction: Prediction) -> npt.NDArray[np.int32]:
    """The super-pixels of the paper."""
    return superpixels_of(prediction.network_image)


def slic_partition(prediction: Prediction) -> npt.NDArray[np.int32]:
    """As many SLIC super-pixels as quickshift finds."""
    count = int(superpixels_of(prediction.network_image).max()) + 1
    labels = slic(prediction.network_image, n_segments=count, compactness=SLIC_COMPACTNESS, channel_axis=None)
    _, gapless = np.unique(labels, return_inverse=True)
    return gapless.reshape(labels.shape).astype(np.int32)


def grad_cam(predictor: Predictor, prediction: Prediction, zone: Zone) -> MadeMap:
    """Grad-CAM (Selvaraju et al. 2017) on the encoder's last level, enlarged to the network image.

    Mask and alignment count as constants; the mirror image is not used.
    """
    model = predictor.model
    if not isinstance(model, BSNet):
        raise TypeError("Grad-CAM is implemented for BS-Net only.")
    image = torch.tensor(prediction.network_image, device=predictor.device)[None, None]
    with torch.no_grad():
        features = list(model.encode(image))
        lungs = lung_probability(model.segment(features))
        alignment = model.align(lungs)
    last = features[-1].detach().requires_grad_()
    with torch.enable_grad():
        logits = model.score([*features[:-1], last], lungs, alignment)
        probabilities = zone_probabilities(logits, predictor.attention, model.config.temperature)
        (gradient,) = torch.autograd.grad(probabilities[0, zone.row, zone.column, prediction.score[zone]], last)
    weights = gradient.mean(dim=(-2, -1), keepdim=True)
    coarse = torch.relu((weights * last.detach()).sum(dim=1, keepdim=True))
    size = prediction.network_image.shape
    fine = torch.nn.functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
    return MadeMap(np.array(fine[0, 0].cpu().numpy(), dtype=np.float32))


def methods(mode: Mode) -> dict[str, Maker]:
    """The maps compared, by name: the first one with each of the others."""
    return {
        "quickshift": superpixel_map(mode, quickshift_partition),
        "SLIC": superpixel_map(mode, slic_partition),
        "Grad-CAM": grad_cam,
    }

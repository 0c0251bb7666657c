"""The explanation maps that are compared: by evidence, by masking super-pixels, Grad-CAM, and brightness alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from skimage.segmentation import slic

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Explanation, Masking, Mode
from bsnet_core.explanation.evidence import explain_by_evidence, has_evidence
from bsnet_core.explanation.exact import explain_exactly
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.explanation.maps.filling import divided
from bsnet_core.explanation.maps.superpixels import superpixels_of
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.segmentation import lung_probability
from training.datasets.sample import DataSetError

SLIC_COMPACTNESS = 0.1
BLUR_SHARE = 8 / 384
"""Standard deviation of the blur of the map of brightness, as a share of the side."""

Map = npt.NDArray[np.float32]
"""(S, S): how much each pixel of the network image supports the predicted class; higher is more."""


@dataclass(frozen=True)
class MadeMap:
    """A map and how it was computed.

    Attributes:
        values: The map of the explained zone.
        overall: The map of all zones together.
        mode: Mode of the explanation, for a map over super-pixels that has two; None for any other.
    """

    values: Map
    overall: Map
    mode: Mode | None = None

    def method(self, name: str) -> str:
        """Its name in a table, such as "quickshift (fast)"."""
        return name if self.mode is None else f"{name} ({self.mode})"


Maker = Callable[[Predictor, Prediction, Zone], MadeMap]


def overall_of(explanation: Explanation, prediction: Prediction) -> Map:
    """The map of all zones: the evidence of all added up, or the support for the score in those scored above 0."""
    zones = [zone for zone in ZONES if explanation.evidence is not None or prediction.score[zone] > 0]
    total = np.zeros(len(explanation.contributions), dtype=np.float32)
    for zone in zones:
        total += explanation.strength_of(zone, prediction.score[zone])
    return total[explanation.superpixels]


def evidence_map(predictor: Predictor, prediction: Prediction, zone: Zone) -> MadeMap:
    """The evidence of every super-pixel."""
    explanation = explain_by_evidence(predictor, prediction)
    shown = explanation.strength_of(zone, prediction.score[zone])[explanation.superpixels]
    return MadeMap(shown, overall_of(explanation, prediction))


def superpixel_map(
    mode: Mode, partition: Callable[[Prediction], npt.NDArray[np.int32]], masking: Masking = Masking.BLACK
) -> Maker:
    """The paper's map (Eq. 4) over a partition: how far masking a super-pixel lowers the predicted class."""

    def make(predictor: Predictor, prediction: Prediction, zone: Zone) -> MadeMap:
        explain = explain_fast if mode is Mode.FAST else explain_exactly
        explanation = explain(predictor, prediction, superpixels=partition(prediction), masking=masking)
        shown = explanation.strength_of(zone, prediction.score[zone])[explanation.superpixels]
        return MadeMap(shown, overall_of(explanation, prediction), explanation.mode)

    return make


def quickshift_partition(prediction: Prediction) -> npt.NDArray[np.int32]:
    """The super-pixels of the paper."""
    return superpixels_of(prediction.network_image)


def smoothed_partition(prediction: Prediction) -> npt.NDArray[np.int32]:
    """Quickshift of the smoothed image."""
    return divided(prediction.network_image, Masking.EVIDENCE)


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
        probabilities = zone_probabilities(logits, predictor.attention, model.config.temperature)[0]
        chosen = [probabilities[each.row, each.column, prediction.score[each]] for each in ZONES]
        gradients = [torch.autograd.grad(number, last, retain_graph=True)[0] for number in chosen]
    by_zone = []
    for gradient in gradients:
        weights = gradient.mean(dim=(-2, -1), keepdim=True)
        coarse = torch.relu((weights * last.detach()).sum(dim=1, keepdim=True))
        size = prediction.network_image.shape
        fine = torch.nn.functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
        by_zone.append(np.array(fine[0, 0].cpu().numpy(), dtype=np.float32))
    scored = [by_zone[each.value] for each in ZONES if prediction.score[each] > 0] or by_zone
    return MadeMap(by_zone[zone.value], np.sum(scored, axis=0, dtype=np.float32))


def brightness(predictor: Predictor, prediction: Prediction, zone: Zone) -> MadeMap:
    """The blurred image itself, the same for every zone: what any map must be better than."""
    sigma = BLUR_SHARE * prediction.network_image.shape[0]
    blurred = np.asarray(cv2.GaussianBlur(prediction.network_image, (0, 0), sigma), dtype=np.float32)
    return MadeMap(blurred, blurred)


def methods(mode: Mode, predictor: Predictor, names: Sequence[str] = ()) -> dict[str, Maker]:
    """The maps compared, by name: the first one with each of the others.

    Args:
        mode: Mode of the maps over super-pixels.
        predictor: A model without evidence has no map of it.
        names: Names of the maps; evidence, the paper's, SLIC, Grad-CAM and brightness if empty.

    Raises:
        DataSetError: a name is not known.
    """
    known = {
        Masking.EVIDENCE.value: evidence_map,
        Masking.BLACK.value: superpixel_map(mode, quickshift_partition),
        "SLIC": superpixel_map(mode, slic_partition),
        "Grad-CAM": grad_cam,
        "brightness": brightness,
    }
    others = {
        masking.value: superpixel_map(mode, smoothed_partition, masking)
        for masking in (Masking.LUNGS_HELD, Masking.SURROUNDINGS)
    }
    if not has_evidence(predictor):
        del known[Masking.EVIDENCE.value]
    everything = known | others
    for name in names:
        if name not in everything:
            raise DataSetError(f"There is no map {name}. Choose from {', '.join(everything)}.")
    return {name: everything[name] for name in names or known}

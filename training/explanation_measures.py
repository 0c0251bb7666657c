"""Measures of how faithful the explanation maps of a network are (docs/explanations.md)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import spearmanr
from skimage.segmentation import slic
from tqdm import tqdm

from bsnet_core.agreement import grouped_bootstrap_interval
from bsnet_core.backends import TORCH
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.errors import BSNetError
from bsnet_core.explanation import Mode
from bsnet_core.explanation.exact import explain_exactly
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.explanation.superpixels import superpixels_of
from bsnet_core.frames import apply, invert
from bsnet_core.loading import find_images, load_radiograph
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.roi_pooling import zone_bands
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.prediction import Prediction, Predictor
from bsnet_core.private_files import write_private_json
from training.datasets.sample import DataSetError

STEPS = 10
"""Number of steps of a deletion or insertion curve."""
NOISE = 0.01
"""Standard deviation of the noise of the stability measure; the network image is in [0, 1]."""
SLIC_COMPACTNESS = 0.1
SEED = 0

Map = npt.NDArray[np.float32]
"""(S, S): how much each pixel of the network image supports the predicted class; higher is more."""
DELETION, INSERTION = "deletion", "insertion"
CURVES = (DELETION, INSERTION)
MEASURES = ("deletion_auc", "insertion_auc", "pointing", "share_in_zone", "stability")
FEWEST_FOR_INTERVAL = 2


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


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures of one map of one zone of one image.

    Attributes:
        image: Path of the image below the folder.
        zone, score: Zone and predicted score that are explained.
        method: Name of the map.
        values: Numbers by the names of `MEASURES`; nan if the map gives none.
        curves: `STEPS` + 1 probabilities of the predicted class each, by the names of `CURVES`.
    """

    image: str
    zone: str
    score: int
    method: str
    values: Mapping[str, float]
    curves: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference of a measure between two maps of the same images.

    Attributes:
        mean: Mean over the images for which both maps give a number.
        interval_95: Bootstrap interval of the mean over images; None if there are too few.
        images: Number of these images.
    """

    mean: float
    interval_95: tuple[float, float] | None
    images: int


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


def curve(
    predictor: Predictor, prediction: Prediction, zone: Zone, shown: Map, *, inserting: bool
) -> tuple[float, ...]:
    """The predicted class's probability while pixels are deleted (set to black) or inserted.

    Pixels are taken in the order of the map, in `STEPS` equal shares of the image. For a faithful map the deletion
    curve falls at once and the insertion curve rises at once.

    Returns:
        `STEPS` + 1 probabilities in [0, 1], the first before any pixel is deleted or inserted.
    """
    order = np.argsort(-shown.ravel(), kind="stable")
    image = prediction.network_image.ravel()
    heights = []
    for step in range(STEPS + 1):
        chosen = order[: round(step / STEPS * order.size)]
        replica = np.zeros_like(image) if inserting else image.copy()
        replica[chosen] = image[chosen] if inserting else 0.0
        probabilities = predictor.zone_probabilities(replica.reshape(shown.shape)[None])[0]
        heights.append(float(probabilities[zone.row, zone.column, prediction.score[zone]]))
    return tuple(heights)


def area_under(heights: Sequence[float]) -> float:
    """Mean height of a curve, by the trapezoidal rule."""
    return float(np.trapezoid(heights, dx=1 / (len(heights) - 1)))


def points_into_lungs(prediction: Prediction, shown: Map) -> bool:
    """Pointing game: whether the middle of the map's strongest pixels is in the lung mask.

    All pixels of a super-pixel are equally strong: the one nearest to their middle counts.
    """
    rows, columns = np.nonzero(shown == shown.max())
    nearest = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return bool(prediction.lung_probability[rows[nearest], columns[nearest]] >= 0.5)


def share_in_zone(prediction: Prediction, zone: Zone, shown: Map) -> float:
    """Share of the map's positive weight within the zone's crop, in [0, 1]; nan if nothing is positive."""
    side = shown.shape[0]
    rows, columns = np.mgrid[0:side, 0:side] + 0.5
    to_aligned = invert(prediction.frames.aligned_to_network)
    x, y = apply(to_aligned, np.stack([columns.ravel(), rows.ravel()], axis=1)).T / side
    (top, bottom), (left, right) = zone_bands(zone)
    inside = ((y >= top) & (y < bottom) & (x >= left) & (x < right)).reshape(side, side)
    positive = np.maximum(shown, 0)
    total = float(positive.sum())
    return float(positive[inside].sum()) / total if total > 0 else float("nan")


def stability(predictor: Predictor, prediction: Prediction, zone: Zone, shown: Map, make: Maker) -> float:
    """Rank correlation over pixels between the maps without and with faint noise; nan if one is constant."""
    noise = np.random.default_rng(SEED).normal(scale=NOISE, size=shown.shape)
    noisy = np.clip(prediction.network_image + noise, 0, 1).astype(np.float32)
    again = make(predictor, dataclasses.replace(prediction, network_image=noisy), zone)
    before, after = shown[::2, ::2].ravel(), again.values[::2, ::2].ravel()
    if np.ptp(before) == 0 or np.ptp(after) == 0:
        return float("nan")
    return float(spearmanr(before, after)[0])


def zone_to_explain(prediction: Prediction) -> Zone | None:
    """The zone of the highest score, of several the most confident one; None if all are 0."""
    zone = max(ZONES, key=lambda each: (prediction.score[each], prediction.confidence_of(each)))
    return zone if prediction.score[zone] > 0 else None


def measure(predictor: Predictor, prediction: Prediction, zone: Zone, image_name: str, mode: Mode) -> list[Measured]:
    """Measures every method on one zone of one image."""
    results = []
    for name, make in methods(mode).items():
        made = make(predictor, prediction, zone)
        shown = made.values
        curves = {
            DELETION: curve(predictor, prediction, zone, shown, inserting=False),
            INSERTION: curve(predictor, prediction, zone, shown, inserting=True),
        }
        values = {
            "deletion_auc": area_under(curves[DELETION]),
            "insertion_auc": area_under(curves[INSERTION]),
            "pointing": float(points_into_lungs(prediction, shown)),
            "share_in_zone": share_in_zone(prediction, zone, shown),
            "stability": stability(predictor, prediction, zone, shown, make),
        }
        results.append(Measured(image_name, zone.name, prediction.score[zone], made.method(name), values, curves))
    return results


def evaluate_explanations(
    model_dir: Path | None, folder: Path, images: int, mode: Mode = Mode.FAST, out: Path | None = None
) -> str:
    """Measures up to `images` images of a folder that have a zone above 0, and returns a table.

    Torch computes everything, on a GPU if there is one: a map must not be measured against the curves of a backend of
    lower precision.

    Args:
        model_dir: Model folder; the shipped model if None.
        folder: Folder of images, taken in a random order that is the same every time.
        images: Largest number of images.
        mode: Mode of the super-pixel maps.
        out: JSON file, rewritten after every image, so that an interrupted run keeps its results.

    Raises:
        DataSetError: no image of the folder can be explained.
    """
    predictor = Predictor.load(model_dir, backend=TORCH)
    files = find_images(folder)
    shuffled = [files[index] for index in np.random.default_rng(SEED).permutation(len(files))]
    results: list[Measured] = []
    done = 0
    with tqdm(total=min(images, len(files)), desc="images", disable=None) as bar:
        for file in shuffled:
            if done == images:
                break
            try:
                prediction = predictor.predict(load_radiograph(file))
            except BSNetError:
                continue  # not a frontal radiograph
            zone = zone_to_explain(prediction)
            if zone is None:
                continue
            results += measure(predictor, prediction, zone, file.relative_to(folder).as_posix(), mode)
            done += 1
            bar.update()
            if out is not None:
                _write(out, predictor, mode, results)
    if not results:
        raise DataSetError(f"No image in {folder} has a zone to explain.")
    return f"{_computed_how(predictor)}\n{table(results)}"


def _computed_how(predictor: Predictor) -> str:
    how = f"computed by {predictor.backend} on {predictor.device}"
    if predictor.device.type != "cpu":
        how += "; there the only approximation of fast maps is the faster super-pixels: their values are exact"
    return how


def summary(results: Sequence[Measured]) -> dict[str, dict[str, float]]:
    """Mean of every measure by method, over the images that give a number."""
    return {
        name: {
            measure: _mean([result.values[measure] for result in results if result.method == name])
            for measure in MEASURES
        }
        for name in _methods_of(results)
    }


def mean_curves(results: Sequence[Measured]) -> dict[str, dict[str, list[float]]]:
    """Mean of both curves by method."""
    return {
        name: {
            kind: np.mean([result.curves[kind] for result in results if result.method == name], axis=0).tolist()
            for kind in CURVES
        }
        for name in _methods_of(results)
    }


def differences(results: Sequence[Measured]) -> dict[str, dict[str, Difference]]:
    """The first method minus each of the others, image by image, for every measure."""
    first, *others = _methods_of(results)
    return {other: {measure: _difference(results, measure, first, other) for measure in MEASURES} for other in others}


def _difference(results: Sequence[Measured], measure: str, first: str, other: str) -> Difference:
    def by_image(method: str) -> dict[str, float]:
        return {result.image: result.values[measure] for result in results if result.method == method}

    of_first, of_other = by_image(first), by_image(other)
    values = np.array([of_first[image] - of_other[image] for image in of_first if image in of_other])
    values = values[~np.isnan(values)]
    enough = len(values) >= FEWEST_FOR_INTERVAL
    interval = grouped_bootstrap_interval(values, np.arange(len(values))) if enough else None
    return Difference(_mean(values), interval, len(values))


def _mean(values: npt.ArrayLike) -> float:
    """Mean of the values that are not nan; nan if there are none."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    return float(numbers.mean()) if len(numbers) else float("nan")


def _methods_of(results: Sequence[Measured]) -> list[str]:
    return list(dict.fromkeys(result.method for result in results))


def table(results: Sequence[Measured]) -> str:
    """The means as aligned text, then the first method minus each of the others with intervals over images."""
    count = len({result.image for result in results})
    lines = [f"{count} images, one zone each", f"{'method':<20}" + "".join(f"{measure:>15}" for measure in MEASURES)]
    for name, values in summary(results).items():
        lines.append(f"{name:<20}" + "".join(f"{values[measure]:>15.3f}" for measure in MEASURES))
    first = _methods_of(results)[0]
    for other, by_measure in differences(results).items():
        lines.append(f"{first} minus {other}, mean and 95 % interval over images:")
        lines += [f"  {measure:<18}{_as_text(by_measure[measure])}" for measure in MEASURES]
    return "\n".join(lines)


def _as_text(difference: Difference) -> str:
    if difference.interval_95 is None:
        return f"{difference.mean:.3f} (too few images)"
    low, high = difference.interval_95
    return f"{difference.mean:.3f} ({low:.3f} to {high:.3f})"


def _difference_to_json(difference: Difference) -> dict[str, Any]:
    return {"mean": difference.mean, "interval_95": difference.interval_95, "films": difference.images}


def _measured_to_json(measured: Measured) -> dict[str, Any]:
    values = dataclasses.asdict(measured)
    return {"film": values.pop("image"), **values}


def _write(out: Path, predictor: Predictor, mode: Mode, results: Sequence[Measured]) -> None:
    content: dict[str, Any] = {
        "model": dataclasses.asdict(predictor.identity),
        "backend": predictor.backend,
        "device": str(predictor.device),
        "mode": mode.value,
        "steps": STEPS,
        "noise": NOISE,
        "means": summary(results),
        "differences": {
            "of": _methods_of(results)[0],
            "minus": {
                other: {measure: _difference_to_json(value) for measure, value in by_measure.items()}
                for other, by_measure in differences(results).items()
            },
        },
        "curves": mean_curves(results),
        "films": [_measured_to_json(result) for result in results],
    }
    write_private_json(out, content)

"""The cost of an explanation map, the time saved by each approximation, and its effect on the map.

Speed is measured against the plain loop: the predictor in eager NCHW, one masked image at a time, in the same run and
on the same image and super-pixels. Fidelity is the rank correlation (Spearman) with the exact map over super-pixels,
of the contributions to the predicted class, per zone with a score over 0; reported is the median over zones. A
super-pixel that an approximation omits counts with contribution 0.

Exact maps take minutes each, so a random part of the super-pixels is used; it is kept between runs in the temporary
folder.
"""

from __future__ import annotations

import copy
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import spearmanr

from benchmarks.timing import Row, compare
from bsnet_core.backends import ACCELERATED_BACKENDS
from bsnet_core.backends.openvino import is_installed
from bsnet_core.brixia import GRID_SHAPE, N_CLASSES, ZONES
from bsnet_core.errors import BSNetError
from bsnet_core.explanation import Explanation
from bsnet_core.explanation.exact import explain_exactly
from bsnet_core.explanation.fast.approximations import DEFAULT, NONE, Approximations, Lungs
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.explanation.maps.masking import masked
from bsnet_core.explanation.maps.superpixels import reference_superpixels_of, superpixels_of
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import find_images, load_radiograph
from bsnet_core.resources import sample_files

IMAGES = Path(__file__).parents[2] / "shared" / "data" / "cohen" / "images"
DEFAULT_IMAGES = 3
"""Number of images unless BSNET_BENCH_FILMS gives another; the figures in docs/explanations.md name theirs."""
SUPERPIXELS = 30
"""Super-pixels per image whose exact contribution is compared."""
PLAIN_PASSES = 5
ROUNDS = 7
"""Rounds of plain loop and fast map in turn, because a machine's speed changes from second to second."""
SEED = 0

FIRST_ORDER = Approximations(tolerance=0.0, trusted_lungs=None, half_precision=False)
WAYS: Mapping[str, Approximations] = {
    "windows, nothing else": NONE,
    "+ lungs frozen": replace(NONE, lungs=Lungs.FROZEN),
    "heads by gradients or statistics": replace(NONE, linear_heads=True),
    "the same, lungs by first-order approximation": replace(FIRST_ORDER, lung_path=False),
    "the same, along the decoder's main path": FIRST_ORDER,
    "the same, tails by first-order approximation": Approximations(trusted_lungs=None, half_precision=False),
    "the same, bfloat16 where the processor has it": Approximations(trusted_lungs=None),
    "the same, large changes of lungs recomputed (the default)": DEFAULT,
    "the default without bfloat16": Approximations(half_precision=False),
    "the default, lungs back through the whole decoder": Approximations(lung_path=False),
    "the default, lungs frozen": Approximations(lungs=Lungs.FROZEN),
    "the default, super-pixels on lungs only": Approximations(lungs_only_margin_px=0),
}
"""The approximations, one by one on exact windows, then together."""
SLOW = ("windows, nothing else", "heads by gradients or statistics")
"""Ways about as slow as the plain loop: timed on the super-pixels compared, not on a whole map."""


@dataclass
class Collected:
    """The results of one way over all images."""

    per_superpixel_s: list[float] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    ranks: list[float] = field(default_factory=list)

    def add(self, per_superpixel_s: float, share: float, ranks: list[float]) -> None:
        """Adds the results of one image."""
        self.per_superpixel_s.append(per_superpixel_s)
        self.share.append(share)
        self.ranks += ranks


def superpixels() -> list[Row]:
    """Quickshift by scikit-image and by this project's reformulation, and their agreement.

    Raises:
        WeightsError: no model is installed.
    """
    image = Predictor.load(device="cpu").predict(load_radiograph(sample_files()[0])).network_image
    rows = compare({"scikit-image": lambda: reference_superpixels_of(image), "here": lambda: superpixels_of(image)}, 5)
    index = adjusted_rand_index(reference_superpixels_of(image), superpixels_of(image))
    return [rows[0], replace(rows[1], fidelity=f"adjusted Rand index {index:.3f}")]


def adjusted_rand_index(first: npt.NDArray[np.int32], second: npt.NDArray[np.int32]) -> float:
    """Agreement of two partitions (Hubert & Arabie 1985): 1 if they are the same, about 0 by chance."""

    def pairs(counts: npt.NDArray[np.int64]) -> float:
        return float((counts * (counts - 1) / 2).sum())

    joint = np.unique(np.stack([first.ravel(), second.ravel()]), axis=1, return_counts=True)[1]
    of_first, of_second = np.bincount(first.ravel()), np.bincount(second.ravel())
    by_chance = pairs(of_first) * pairs(of_second) / (first.size * (first.size - 1) / 2)
    most = (pairs(of_first) + pairs(of_second)) / 2
    return (pairs(joint) - by_chance) / (most - by_chance)


def whole_map() -> list[Row]:
    """Whole fast maps against the plain loop, and the time to the first partial map; medians of several rounds.

    Raises:
        WeightsError: no model is installed.
    """
    predictor = Predictor.load(device="cpu")
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    plain = PlainLoop(predictor)
    # Both warm: the very first map also traces the network, and the plain loop runs once before it is timed.
    explain_fast(predictor, prediction)
    per_superpixel_s, whole_s, first_s, ratios = [], [], [], []
    count, covered = 0, 0
    for _ in range(ROUNDS):
        partials: list[Explanation] = []
        per_superpixel_s.append(plain.seconds_per_superpixel(prediction))
        whole = explain_fast(predictor, prediction, on_partial=partials.append)
        count = len(whole.contributions)
        first = partials[0] if partials else whole
        covered = int(first.is_computed.sum())
        whole_s.append(whole.seconds)
        first_s.append(first.seconds)
        ratios.append(per_superpixel_s[-1] * count / whole.seconds)
    passes = 2 if predictor.card.config.mirror_averaging else 1
    loop_s, first_map = statistics.median(per_superpixel_s) * count, statistics.median(first_s)
    note = f"{count} super-pixels; loop calculated from {PLAIN_PASSES} in each of {ROUNDS} rounds"
    waited = passes * count * first_map / loop_s
    return [
        Row("plain loop, eager NCHW", loop_s, 1.0, note),
        Row(
            "fast, whole map",
            statistics.median(whole_s),
            statistics.median(ratios),
            f"in single rounds {min(ratios):.1f} to {max(ratios):.1f} times",
        ),
        Row(
            "fast, first map shown",
            first_map,
            loop_s / first_map,
            f"{covered} super-pixels, after {waited:.0f} plain forward passes",
        ),
    ]


def fidelity() -> list[Row]:
    """Every approximation over several images: seconds per map, ratio and rank correlation.

    Raises:
        WeightsError: no model is installed.
    """
    predictor = Predictor.load(device="cpu")
    plain = PlainLoop(predictor)
    accelerated = {
        f"full network, {name}": Predictor.load(device="cpu", backend=name)
        for name in ACCELERATED_BACKENDS
        if is_installed(name)
    }
    collected = {name: Collected() for name in (*WAYS, *accelerated)}
    plain_s, counts, images = [], [], 0
    for file in images_to_measure():
        try:
            prediction = predictor.predict(load_radiograph(file))
        except BSNetError:
            continue
        if not prediction.score.total:
            continue
        images += 1
        labels = superpixels_of(prediction.network_image)
        count = int(labels.max()) + 1
        exact = exact_sample(predictor, prediction, labels, file)
        some = np.flatnonzero(exact.is_computed)
        plain_s.append(plain.seconds_per_superpixel(prediction))
        counts.append(count)
        for name, approximations in WAYS.items():
            found, seconds, share = explain_by(predictor, prediction, approximations, labels, some, name in SLOW)
            collected[name].add(seconds, share, rank_correlations(found, exact, prediction, some))
        for name, other in accelerated.items():
            found = by_full_network(other, prediction, labels, some)
            ranks = rank_correlations(found, exact, prediction, some)
            collected[name].add(found.seconds / len(some), 1.0, ranks)
    return _rows(collected, statistics.median(plain_s), statistics.median(counts), images)


def explain_by(
    predictor: Predictor,
    prediction: Prediction,
    approximations: Approximations,
    labels: npt.NDArray[np.int32],
    some: npt.NDArray[np.intp],
    is_slow: bool,
) -> tuple[Explanation, float, float]:
    """A map by some approximations, its seconds per super-pixel, and the share of super-pixels it computed.

    Args:
        predictor: The predictor.
        prediction: Its prediction of the image.
        approximations: The approximations to use.
        labels: (H, W) super-pixels.
        some: Super-pixels whose exact contribution is known.
        is_slow: Whether to compute these alone instead of the whole map.
    """
    count = int(labels.max()) + 1
    only = some if is_slow else np.arange(count)
    found = explain_fast(predictor, prediction, approximations=approximations, superpixels=labels, only=only)
    seconds = found.seconds / count
    if is_slow:
        # All super-pixels of a whole map share the work done once per image, not only the few computed here.
        nothing = explain_fast(predictor, prediction, approximations=approximations, superpixels=labels, only=some[:0])
        seconds = nothing.seconds / count + (found.seconds - nothing.seconds) / len(some)
    return found, seconds, int(found.is_computed.sum()) / len(only)


def _rows(collected: Mapping[str, Collected], per_superpixel: float, number: float, images: int) -> list[Row]:
    rows = [
        Row("plain loop, eager NCHW", per_superpixel * number, 1.0, f"{images} images, {SUPERPIXELS} super-pixels each")
    ]
    for name, values in collected.items():
        seconds = statistics.median(values.per_superpixel_s)
        low, middle, high = np.percentile(values.ranks, [25, 50, 75])
        note = f"quartiles {low:.3f} to {high:.3f}, {len(values.ranks)} zones"
        if min(values.share) < 1:
            note += f", {np.mean(values.share):.0%} of the super-pixels"
        rows.append(Row(name, seconds * number, per_superpixel / seconds, note, f"rank correlation {middle:.3f}"))
    return rows


def by_full_network(
    predictor: Predictor, prediction: Prediction, labels: npt.NDArray[np.int32], some: npt.NDArray[np.intp]
) -> Explanation:
    """Contributions that are exact except for the predictor's backend, which the program's own maps never use."""
    image, contributions = prediction.network_image, np.zeros((int(labels.max()) + 1, *GRID_SHAPE, N_CLASSES))
    base = predictor.zone_probabilities(image[None])
    start = time.perf_counter()
    for index in some:
        contributions[index] = (predictor.zone_probabilities(masked(image, labels, np.array([index]))) - base)[0]
    seconds = time.perf_counter() - start
    return Explanation(
        labels, base[0], contributions.astype(np.float32), seconds, np.isin(np.arange(len(contributions)), some)
    )


class PlainLoop:
    """The predictor without any optimisation: eager, NCHW, one image at a time."""

    def __init__(self, predictor: Predictor) -> None:
        model = copy.deepcopy(predictor.model)
        self._predictor = _ContiguousPredictor(model, predictor.card, predictor.device, predictor.attention)

    def seconds_per_superpixel(self, prediction: Prediction) -> float:
        """Median seconds of one masked image, with its mirror image where the model averages over both."""
        image = prediction.network_image[None]
        self._predictor.zone_probabilities(image)
        seconds = []
        for _ in range(PLAIN_PASSES):
            start = time.perf_counter()
            self._predictor.zone_probabilities(image)
            seconds.append(time.perf_counter() - start)
        return statistics.median(seconds)


class _ContiguousPredictor(Predictor):
    """A predictor in torch's default memory layout."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._model = self._model.to(memory_format=torch.contiguous_format)

    def _as_batch(self, network_images: npt.NDArray[np.float32]) -> torch.Tensor:
        return torch.tensor(network_images)[:, None].to(self.device)


def images_to_measure() -> list[Path]:
    """Images of the shared data folder in a fixed order, or the bundled samples without it."""
    count = int(os.environ.get("BSNET_BENCH_FILMS", DEFAULT_IMAGES))
    files = find_images(IMAGES) if IMAGES.is_dir() else sample_files()
    order = np.random.default_rng(SEED).permutation(len(files))
    return [files[index] for index in order[:count]]


def exact_sample(
    predictor: Predictor, prediction: Prediction, labels: npt.NDArray[np.int32], file: Path
) -> Explanation:
    """Exact contributions of a random part of the super-pixels, kept in the temporary folder between runs."""
    count = int(labels.max()) + 1
    folder = Path(tempfile.gettempdir()) / "bsnet-exact-maps" / predictor.identity.sha256[:12]
    # Another partition into super-pixels gives another map.
    kept = folder / f"{file.stem}-{hashlib.sha256(labels.tobytes()).hexdigest()[:12]}.npz"
    if kept.exists():
        values = np.load(kept)
        contributions, computed = values["contributions"], values["computed"]
    else:
        some = np.sort(np.random.default_rng(SEED).permutation(count)[:SUPERPIXELS])
        found = explain_exactly(predictor, prediction, superpixels=labels, only=some)
        contributions, computed = found.contributions, found.is_computed
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        np.savez(kept, contributions=contributions, computed=computed)
    return Explanation(labels, prediction.zone_probabilities, contributions, 0.0, computed)


def rank_correlations(
    found: Explanation, exact: Explanation, prediction: Prediction, some: npt.NDArray[np.intp]
) -> list[float]:
    """Rank correlations over some super-pixels, one per zone scored over 0; an omitted one has contribution 0."""
    results = []
    for zone in ZONES:
        score = prediction.score[zone]
        if score:
            pair = (way.contributions[some, zone.row, zone.column, score] for way in (found, exact))
            value = float(spearmanr(*pair)[0])
            results.append(value if np.isfinite(value) else 0.0)
    return results

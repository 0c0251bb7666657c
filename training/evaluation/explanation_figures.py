"""The figures of measured explanation maps: means, curves and differences between maps, as values and as a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bsnet_core.agreement import grouped_bootstrap_interval
from bsnet_core.explanation import Mode
from bsnet_core.inference.predictor import Predictor
from bsnet_core.private_files import write_private_json
from training.evaluation.explanation_measures import CURVES, MEASURES, NOISE, STEPS, Measured

FEWEST_FOR_INTERVAL = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of a map, or its difference between two maps of the same images.

    Attributes:
        mean: Mean over the images for which the map, or both maps, give a number.
        interval_95: Bootstrap interval of the mean over patients; None if there are too few.
        images: Number of these images.
    """

    mean: float
    interval_95: tuple[float, float] | None
    images: int


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


def intervals(results: Sequence[Measured]) -> dict[str, dict[str, Difference]]:
    """Mean and interval of every measure by method, over the images that give a number."""
    return {
        name: {
            measure: _with_interval(
                [(result.values[measure], _group_of(result)) for result in results if result.method == name]
            )
            for measure in MEASURES
        }
        for name in _methods_of(results)
    }


def table(results: Sequence[Measured]) -> str:
    """The means as aligned text, then the first method minus each of the others with intervals over images."""
    count = len({result.image for result in results})
    lines = [f"{count} images, one zone each", f"{'method':<20}" + "".join(f"{measure:>19}" for measure in MEASURES)]
    for name, values in summary(results).items():
        lines.append(f"{name:<20}" + "".join(f"{values[measure]:>19.3f}" for measure in MEASURES))
    first = _methods_of(results)[0]
    for other, by_measure in differences(results).items():
        lines.append(f"{first} minus {other}, mean and 95% confidence interval over images:")
        lines += [f"  {measure:<18}{_as_text(by_measure[measure])}" for measure in MEASURES]
    return "\n".join(lines)


def write_figures(out: Path, predictor: Predictor, mode: Mode, results: Sequence[Measured]) -> None:
    """Writes all results and figures as JSON."""
    content: dict[str, Any] = {
        "model": dataclasses.asdict(predictor.identity),
        "backend": predictor.backend,
        "device": str(predictor.device),
        "mode": mode.value,
        "steps": STEPS,
        "noise": NOISE,
        "means": summary(results),
        "intervals": {
            name: {measure: _difference_to_json(value) for measure, value in by_measure.items()}
            for name, by_measure in intervals(results).items()
        },
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


def _difference(results: Sequence[Measured], measure: str, first: str, other: str) -> Difference:
    def by_image(method: str) -> dict[str, Measured]:
        return {result.image: result for result in results if result.method == method}

    of_first, of_other = by_image(first), by_image(other)
    return _with_interval(
        [
            (result.values[measure] - of_other[image].values[measure], _group_of(result))
            for image, result in of_first.items()
            if image in of_other
        ]
    )


def _with_interval(values: Sequence[tuple[float, str]]) -> Difference:
    """Mean and interval of values and their groups, without those that are nan."""
    known = [(value, group) for value, group in values if not np.isnan(value)]
    numbers, groups = [value for value, _ in known], [group for _, group in known]
    enough = len(set(groups)) >= FEWEST_FOR_INTERVAL
    return Difference(_mean(numbers), grouped_bootstrap_interval(numbers, groups) if enough else None, len(numbers))


def _group_of(result: Measured) -> str:
    return result.group or result.image


def _mean(values: npt.ArrayLike) -> float:
    """Mean of the values that are not nan; nan if there are none."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    return float(numbers.mean()) if len(numbers) else float("nan")


def _methods_of(results: Sequence[Measured]) -> list[str]:
    return list(dict.fromkeys(result.method for result in results))


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

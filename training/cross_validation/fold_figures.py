"""The figures of a cross-validation: errors of every reader over all folds, as values and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bsnet_core.agreement import grouped_bootstrap_interval
from bsnet_core.language import translate as _
from training.configuration.run_config import RunConfig
from training.cross_validation.fold_calibration import calibration_over_folds
from training.cross_validation.fold_result import FoldResult
from training.cross_validation.folds import Plan
from training.datasets.sample import Sample
from training.evaluation.score_errors import Readings, compare_readings, readings, readings_of
from training.predictions.zone_predictions import final_attention, probabilities_of


def summarise(
    samples: Sequence[Sample], results: Sequence[FoldResult], config: RunConfig, plan: Plan
) -> dict[str, Any]:
    """Figures over all folds: errors of every reader on the same images, and the calibration."""
    by_reader: dict[str, list[tuple[list[int], Readings]]] = {}
    for result in results:
        for name, values in _readings_of_fold(result, samples).items():
            by_reader.setdefault(name, []).append((result.test, values))
    counted = sorted({row for result in results for row in result.test})
    return {
        "folds": plan.folds,
        "repeats": plan.repeats,
        "trunk": "trained per fold" if plan.trunk_per_fold else "given" if plan.trunk else "the run's alignment stage",
        "stages": sorted({result.stage for result in results}),
        "images": len(counted),
        "patients": len({samples[row].patient for row in counted}),
        "intervals": "95 % bootstrap over patients, of errors averaged over the repeats",
        "readers": {
            name: _reader_figures(samples, parts) for name, parts in by_reader.items() if _covers(parts, counted)
        },
        "calibration": calibration_over_folds(samples, results),
        "configuration": config.name,
        "recipe": config.recipe(),
    }


def summary_lines(figures: dict[str, Any]) -> Iterable[str]:
    """The figures as a table, line by line."""
    if "lungs" in figures:
        yield _("lungs: Dice {dice:.3f} on {images} images not used to train the trunk").format(
            dice=figures["lungs"]["dice"]["mean"], images=figures["lungs"]["images"]
        )
        yield _(
            "alignment: Dice {learned:.3f} learned, {closed_form:.3f} by closed form, {nothing:.3f} without"
        ).format(
            learned=figures["alignment"]["learned_dice"]["mean"],
            closed_form=figures["alignment"]["closed_form_dice"]["mean"],
            nothing=figures["alignment"]["do_nothing_dice"]["mean"],
        )
    yield _("{images} images of {patients} patients, {folds} folds, {repeats} repeats").format(**figures)
    yield f"{'':<20}{_('zone MAE'):>10}{_('95% CI'):>18}{_('global MAE'):>14}{_('95% CI'):>18}"
    for name, reader in figures["readers"].items():
        cells = [f"{name:<20}"]
        for width, part in ((10, "zones"), (14, "global")):
            low, high = reader[part]["interval_95"]
            cells.append(f"{reader[part]['mean_absolute_error']:>{width}.3f}{f'{low:.3f} - {high:.3f}':>18}")
        yield "".join(cells)
    calibration = figures["calibration"]
    yield _("90% interval of the global score: covers {coverage:.1%}, {width:.1f} points wide").format(
        coverage=calibration["global_interval"]["coverage"], width=calibration["global_interval"]["mean_width"]
    )
    yield _("calibration error {before:.3f}, with temperature {temperature:.2f} {after:.3f}: {verdict}").format(
        before=calibration["as_trained"]["ece"],
        after=calibration["tempered"]["ece"],
        temperature=calibration["temperature"],
        verdict=_("it helps") if calibration["temperature_helps"] else _("it does not help"),
    )


def _readings_of_fold(result: FoldResult, samples: Sequence[Sample]) -> dict[str, Readings]:
    best, last = (probabilities_of(result.logits[name], 1.0) for name in ("best", "last"))
    final = final_attention(best)
    readers = {str(attention): readings_of(values) for attention, values in best.items()}
    readers |= {
        f"{final}_last": readings_of(last[final]),
        f"{final}_best_and_last": readings_of(np.mean([best[final], last[final]], axis=0, dtype=np.float32)),
        "median_floor": result.median_baseline,
    }
    second = [samples[row].second_score for row in result.test]
    if all(score is not None for score in second):
        readers["second_radiologist"] = readings(second)
    return readers


def _covers(parts: Sequence[tuple[list[int], Readings]], counted: list[int]) -> bool:
    return {row for rows, _values in parts for row in rows} == set(counted)


def _reader_figures(samples: Sequence[Sample], parts: Sequence[tuple[list[int], Readings]]) -> dict[str, Any]:
    errors: dict[int, list[tuple[float, float]]] = {}
    fold_means, all_rows, all_values = [], [], []
    for rows, values in parts:
        truth = readings([samples[row].score for row in rows])
        zones = np.abs(values - truth).mean(axis=1)
        totals = np.abs(values.sum(axis=1) - truth.sum(axis=1))
        for row, zone_error, total_error in zip(rows, zones, totals, strict=True):
            errors.setdefault(row, []).append((float(zone_error), float(total_error)))
        fold_means.append((float(zones.mean()), float(totals.mean())))
        all_rows += rows
        all_values.append(values)
    counted = sorted(errors)
    per_image = np.array([np.mean(errors[row], axis=0) for row in counted])
    patients = [samples[row].patient for row in counted]
    truth = readings([samples[row].score for row in all_rows])
    everything = compare_readings(np.concatenate(all_values), truth, [samples[row].patient for row in all_rows])
    figures: dict[str, Any] = {}
    for index, part in enumerate(("zones", "global")):
        means = [mean[index] for mean in fold_means]
        figures[part] = {
            "mean_absolute_error": float(per_image[:, index].mean()),
            "interval_95": grouped_bootstrap_interval(per_image[:, index], patients),
            "mean_of_folds": float(np.mean(means)),
            "sd_of_folds": float(np.std(means)),
            "mean_error": everything[part]["mean_error"],
            "correlation": everything[part]["correlation"],
        }
    kept = ("mae_by_zone", "t_score_zone_mae", "quadratic_weighted_kappa", "zones_off_by_more_than_one")
    return figures | {name: everything[name] for name in kept}

"""Repeated cross-validation of the scoring stages, grouped by patient: what the figures of a few films are worth."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from accelerate import Accelerator

from bsnet_core.agreement import grouped_bootstrap_interval
from bsnet_core.brixia import BrixiaScore
from bsnet_core.language import translate as _
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import Attention
from bsnet_core.prediction import Predictor
from training.configuration.run_config import ConfigurationError, RunConfig, StageName
from training.datasets.sample import Sample
from training.datasets.splits import Split, published_test_patients, severity_strata, write_split
from training.evaluation.model_evaluation import (
    Readings,
    compare_readings,
    evaluate_trunk,
    median_baseline,
    readings,
    readings_of,
)
from training.export import CROSS_VALIDATION
from training.files import write_json, write_whole
from training.images.tensorboard_images import as_png, reliability_image
from training.loop.processes import make_accelerator
from training.loop.training_loop import BEST, LAST
from training.predictions.calibration import fit_temperature, reliability
from training.predictions.frozen_features import FrozenFeatures, sees_statistics_alone
from training.predictions.zone_predictions import (
    ZoneLogits,
    ZoneProbabilities,
    final_attention,
    final_probabilities,
    predict_kept_logits,
    predict_logits,
    probabilities_of,
)
from training.run.run import (
    SPLIT_FILE,
    RunData,
    best_trained_stage,
    build_network,
    load_data,
    load_weights,
    measured_masks,
    read_samples,
    run_stage,
    stage_weights,
    starting_weights,
    weights_sha256,
)

FOLD_FILE = "fold.json"
RELIABILITY_IMAGE = "reliability.png"
NOBODY = Split(frozenset(), frozenset(), frozenset())
LOGIT_DECIMALS = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """How to cross-validate.

    Attributes:
        folds: Parts the scored patients are divided into; each is the test part once.
        repeats: Divisions, each by another seed.
        trunk: Weights that the scoring stage starts from. They must have seen no score, or the figures are too good;
            None for the alignment stage of the run itself, whose masks (not scores) include those of test patients.
        trunk_per_fold: Train segmentation and alignment in every fold instead, without its test patients.
        end_to_end: Whether the end-to-end stage follows, if the configuration has one.
    """

    folds: int = 5
    repeats: int = 3
    trunk: Path | None = None
    trunk_per_fold: bool = False
    end_to_end: bool = True

    def __post_init__(self) -> None:
        if self.folds < 2 or self.repeats < 1:
            raise ConfigurationError(_("A cross-validation needs two folds or more, and one repeat or more."))
        if self.trunk is not None and self.trunk_per_fold:
            raise ConfigurationError(_("Either give a trunk, or train one per fold."))


@dataclass(frozen=True)
class FoldResult:
    """What one fold's network says of films it has not seen.

    Attributes:
        repeat, fold: Counted from 0.
        test, validation: Rows of the samples.
        logits: By weights ("best", "last") and head, of the test films.
        validation_logits: By head, of the validation films, by the best weights; empty where none are kept back.
        floor: (N, 6) each zone's median of the training films.
        stage: Whose weights.
    """

    repeat: int
    fold: int
    test: list[int]
    validation: list[int]
    logits: dict[str, dict[Attention, ZoneLogits]]
    validation_logits: dict[Attention, ZoneLogits]
    floor: Readings
    stage: str


def cross_validate(config: RunConfig, plan: Plan) -> dict[str, Any]:
    """Trains and tests every fold, skipping those already done; writes `cross-validation.json` and `reliability.png`.

    Patients of a publisher's test part stay out of it altogether.

    Raises:
        ConfigurationError: no finished trunk to start from, or folds on disk that were made with other settings.
        DataSetError: the data cannot be read.
    """
    accelerator = make_accelerator(config)
    folder = config.output / "cross-validation"
    trunk = None if plan.trunk_per_fold else starting_weights(config, StageName.SCORING, plan.trunk)
    data = _read_and_prepare(config, accelerator)
    samples = data.samples
    settings = {
        "configuration": {name.value: config.settings_of(name) for name in config.stages},
        "plan": dataclasses.asdict(dataclasses.replace(plan, trunk=None)),
        "trunk_sha256": weights_sha256(trunk) if trunk else None,
        "data_sha256": data.fingerprint,
        "rows_sha256": data.row_fingerprint,
    }
    results = []
    frozen: FrozenFeatures | None = None
    for repeat in range(plan.repeats):
        for fold in range(plan.folds):
            file = folder / f"repeat-{repeat + 1}" / f"fold-{fold + 1}" / FOLD_FILE
            split = fold_split(samples, config, plan, repeat, fold)
            made_with = json.dumps(settings | {"split_fingerprint": split.fingerprint}, sort_keys=True, default=str)
            if not file.exists():
                if frozen is None and trunk is not None:
                    frozen = _shared_features(config, data)
                fold_config = dataclasses.replace(config, output=file.parent, seed=config.seed + repeat)
                fold_data = RunData(samples, split, data.cache)
                if accelerator.is_main_process:
                    write_split(file.parent / SPLIT_FILE, split, config.data.split_seed)
                trained = _train_fold(fold_config, plan, fold_data, trunk, frozen)
                if accelerator.is_main_process:
                    result = _test_fold(fold_config, fold_data, trained, repeat, fold, frozen)
                    _write_fold(file, result, made_with)
                accelerator.wait_for_everyone()
            results.append(_read_fold(file, made_with, repeat, fold))
    figures = summarise(samples, results, config, plan)
    if accelerator.is_main_process:
        if config.data.trunk_without_scored and plan.trunk is None and trunk is not None:
            figures |= _measure_trunk(config, trunk)
        write_json(config.output / CROSS_VALIDATION, figures)
        image = reliability_image(figures["calibration"])
        write_whole(config.output / RELIABILITY_IMAGE, as_png(image))
    accelerator.wait_for_everyone()
    return figures


def _read_and_prepare(config: RunConfig, accelerator: Accelerator) -> RunData:
    """The films with their hashes, and the cache filled: by the first process, while the others wait for it."""
    with accelerator.main_process_first():
        data = RunData(read_samples(config.data), NOBODY, config.data.cache)
        data.prepared(config, config.model.side_px)
    return data


def fold_split(samples: Sequence[Sample], config: RunConfig, plan: Plan, repeat: int, fold: int) -> Split:
    """The patients of one fold: scored ones dealt out within strata of severity, so that folds are alike.

    The validation part is drawn from the scored patients that are left, by the configuration's share, which may be
    none. Patients with only a mask are divided between training and validation, the same way in every fold; the others
    train.
    """
    kept_out = published_test_patients(samples)
    severity: dict[str, float] = {}
    outlined: set[str] = set()
    for sample in samples:
        if sample.patient in kept_out:
            continue
        if sample.score is not None:
            severity[sample.patient] = max(severity.get(sample.patient, 0.0), sample.score.total)
        if sample.masks:
            outlined.add(sample.patient)
    if len(severity) < 2 * plan.folds:
        raise ConfigurationError(
            _("{count} scored patients are too few for {folds} folds.").format(count=len(severity), folds=plan.folds)
        )
    dealt = _shuffled_strata(severity, np.random.default_rng((config.data.split_seed, repeat)))
    test = set(dealt[fold :: plan.folds])
    share = config.data.validation_share
    left = {patient: value for patient, value in severity.items() if patient not in test}
    order = _shuffled_strata(left, np.random.default_rng((config.data.split_seed, repeat, fold)))
    # Every so many in the order of severity, so that the part is as mixed as the rest.
    count = max(1, round(len(order) * share)) if share else 0
    picked = np.round(np.linspace(0, len(order) - 1, count)).astype(int)
    validation = {order[index] for index in picked}
    only_outlined = sorted(outlined - severity.keys())
    shuffled = np.random.default_rng(config.data.split_seed).permutation(len(only_outlined))
    validation |= {only_outlined[index] for index in shuffled[: round(len(only_outlined) * share)]}
    everyone = {sample.patient for sample in samples} - kept_out
    return Split(frozenset(everyone - test - validation), frozenset(validation), frozenset(test))


def summarise(
    samples: Sequence[Sample], results: Sequence[FoldResult], config: RunConfig, plan: Plan
) -> dict[str, Any]:
    """Figures over all folds: every reader on the same films, intervals over patients; and the calibration."""
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
        "calibration": _calibration(samples, results),
        "configuration": config.name,
        "recipe": config.recipe(),
    }


def summary_lines(figures: dict[str, Any]) -> Iterable[str]:
    """The figures as a table."""
    if "lungs" in figures:
        yield _("lungs: Dice {dice:.3f} on {images} films that the trunk has not seen").format(
            dice=figures["lungs"]["dice"]["mean"], images=figures["lungs"]["images"]
        )
        yield _(
            "alignment: Dice {learned:.3f} learned, {closed_form:.3f} by closed form, {nothing:.3f} as it was"
        ).format(
            learned=figures["alignment"]["learned_dice"]["mean"],
            closed_form=figures["alignment"]["closed_form_dice"]["mean"],
            nothing=figures["alignment"]["do_nothing_dice"]["mean"],
        )
    yield _("{images} films of {patients} patients, {folds} folds, {repeats} repeats").format(**figures)
    yield f"{'':<20}{_('zone MAE'):>10}{_('95 % interval'):>18}{_('global MAE'):>14}{_('95 % interval'):>18}"
    for name, reader in figures["readers"].items():
        cells = [f"{name:<20}"]
        for width, part in ((10, "zones"), (14, "global")):
            low, high = reader[part]["interval_95"]
            cells.append(f"{reader[part]['mean_absolute_error']:>{width}.3f}{f'{low:.3f} - {high:.3f}':>18}")
        yield "".join(cells)
    calibration = figures["calibration"]
    yield _("calibration error {before:.3f}, with temperature {temperature:.2f} {after:.3f}: {verdict}").format(
        before=calibration["as_trained"]["ece"],
        after=calibration["tempered"]["ece"],
        temperature=calibration["temperature"],
        verdict=_("it helps") if calibration["temperature_helps"] else _("it does not help"),
    )


def _shuffled_strata(severity: dict[str, float], rng: np.random.Generator) -> list[str]:
    return [stratum[index] for stratum in severity_strata(severity) for index in rng.permutation(len(stratum)).tolist()]


def _shared_features(config: RunConfig, data: RunData) -> FrozenFeatures | None:
    """One store for all folds: on the same trunk the same film has the same features."""
    variants = config.stage(StageName.SCORING).frozen_variants
    if variants == 0:
        return None
    prepared = data.prepared(config, config.model.side_px)
    device = make_accelerator(config).device
    return FrozenFeatures(prepared, config.augmentation, variants, device=device, seed=config.seed)


def _train_fold(
    config: RunConfig, plan: Plan, data: RunData, trunk: Path | None, frozen: FrozenFeatures | None
) -> list[StageName]:
    """Trains the scoring stages of one fold, and the trunk before them if none is given; gives the scoring stages."""
    if trunk is None:
        run_stage(config, StageName.SEGMENTATION, data)
        run_stage(config, StageName.ALIGNMENT, data)
    run_stage(config, StageName.SCORING, data, start=trunk, frozen=frozen)
    if not plan.end_to_end or StageName.END_TO_END not in config.stages:
        return [StageName.SCORING]
    run_stage(config, StageName.END_TO_END, data)
    return [StageName.SCORING, StageName.END_TO_END]


def _test_fold(
    config: RunConfig,
    data: RunData,
    trained: Sequence[StageName],
    repeat: int,
    fold: int,
    frozen: FrozenFeatures | None,
) -> FoldResult:
    prepared = data.prepared(config, config.model.side_px)
    test = prepared.where(data.split.test, score=True)
    validation = prepared.where(data.split.validation, score=True)
    training = prepared.where(data.split.train, score=True)
    device = make_accelerator(config).device
    model = build_network(config.model).to(device)
    stage = best_trained_stage(config, trained)
    load_weights(model, stage_weights(config, stage, BEST))
    if frozen is not None and stage is StageName.SCORING and sees_statistics_alone(model):
        best = last = predict_kept_logits(model, frozen, test)  # a film is tested in every repeat, on the same trunk
    else:
        best = last = predict_logits(model, prepared, test, device)
    validation_logits: dict[Attention, ZoneLogits] = {}
    if validation:  # else nothing was chosen, and the last weights are the best ones
        validation_logits = predict_logits(model, prepared, validation, device)
        load_weights(model, stage_weights(config, stage, LAST))
        last = predict_logits(model, prepared, test, device)
    floor = median_baseline([data.samples[row].score for row in training], len(test))
    return FoldResult(
        repeat, fold, test, validation, {"best": best, "last": last}, validation_logits, floor, stage.value
    )


def _readings_of_fold(result: FoldResult, samples: Sequence[Sample]) -> dict[str, Readings]:
    best, last = (probabilities_of(result.logits[name], 1.0) for name in ("best", "last"))
    final = final_attention(best)
    readers = {str(attention): readings_of(values) for attention, values in best.items()}
    readers |= {
        f"{final}_last": readings_of(last[final]),
        f"{final}_best_and_last": readings_of(np.mean([best[final], last[final]], axis=0, dtype=np.float32)),
        "median_floor": result.floor,
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


def _calibration(samples: Sequence[Sample], results: Sequence[FoldResult]) -> dict[str, Any]:
    """Reliability on the test films of all folds, as trained and with each fold's own fitted temperature.

    A fold's temperature is never fitted on its test films: on its validation films or, where none are kept back, on
    the test films of the repeat's other folds. The one for export is fitted on those of all folds.
    """
    plain, tempered, truth = [], [], []
    temperatures = []
    for result in results:
        temperature = _fitted_temperature(samples, _fitting_images(result, results))
        temperatures.append(temperature)
        plain.append(final_probabilities(result.logits["best"], 1.0))
        tempered.append(final_probabilities(result.logits["best"], temperature))
        truth.append(_grids(samples, result.test))
    before = reliability(np.concatenate(plain), np.concatenate(truth))
    after = reliability(np.concatenate(tempered), np.concatenate(truth))
    helps = after["ece"] < before["ece"] and after["cross_entropy"] < before["cross_entropy"]
    everything = [part for result in results for part in (_validation_images(result) or [_test_images(result)])]
    return {
        "as_trained": before,
        "tempered": after,
        "temperature_by_fold": temperatures,
        "temperature": _fitted_temperature(samples, everything),
        "temperature_helps": bool(helps),
    }


Images = tuple[list[int], dict[Attention, ZoneLogits]]
"""Rows of films and what a network that has not seen them says of them."""


def _test_images(result: FoldResult) -> Images:
    return result.test, result.logits["best"]


def _validation_images(result: FoldResult) -> list[Images]:
    return [(result.validation, result.validation_logits)] if result.validation else []


def _fitting_images(result: FoldResult, results: Sequence[FoldResult]) -> list[Images]:
    others = [other for other in results if other.repeat == result.repeat and other.fold != result.fold]
    return _validation_images(result) or [_test_images(other) for other in others]


def _fitted_temperature(samples: Sequence[Sample], images: Sequence[Images]) -> float:
    def all_at(temperature: float) -> ZoneProbabilities:
        return np.concatenate([final_probabilities(logits, temperature) for _rows, logits in images])

    return fit_temperature(all_at, np.concatenate([_grids(samples, rows) for rows, _logits in images]))


def _measure_trunk(config: RunConfig, trunk: Path) -> dict[str, Any]:
    """Lungs and alignment on the masks of the scored patients, which the trunk has not seen."""
    data = load_data(config)
    device = make_accelerator(config).device
    model = build_network(config.model)
    load_weights(model, trunk, without=("heads",))
    prepared = data.prepared(config, config.model.side_px)
    predictor = Predictor(model, ModelCard(config.name, "", config.model, "", "", ""), device)
    return evaluate_trunk(model, predictor, prepared, measured_masks(config, data, prepared), config)


def _grids(samples: Sequence[Sample], rows: Sequence[int]) -> npt.NDArray[np.int_]:
    scores: list[BrixiaScore | None] = [samples[row].score for row in rows]
    return np.stack([score.grid for score in scores if score is not None])


def _write_fold(file: Path, result: FoldResult, settings: str) -> None:
    def plain(logits: dict[Attention, ZoneLogits]) -> dict[str, Any]:
        return {head.value: np.round(values.astype(float), LOGIT_DECIMALS).tolist() for head, values in logits.items()}

    write_json(
        file,
        {
            "settings": settings,
            "stage": result.stage,
            "test": result.test,
            "validation": result.validation,
            "logits": {name: plain(logits) for name, logits in result.logits.items()},
            "validation_logits": plain(result.validation_logits),
            "floor": result.floor.tolist(),
        },
    )


def _read_fold(file: Path, settings: str, repeat: int, fold: int) -> FoldResult:
    def arrays(values: dict[str, Any]) -> dict[Attention, ZoneLogits]:
        return {Attention(head): np.array(logits, dtype=np.float32) for head, logits in values.items()}

    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        same = values["settings"] == settings
        result = FoldResult(
            repeat,
            fold,
            values["test"],
            values["validation"],
            {name: arrays(logits) for name, logits in values["logits"].items()},
            arrays(values["validation_logits"]),
            np.array(values["floor"], dtype=np.int_),
            values["stage"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(_("The fold {path} cannot be read: remove it.").format(path=file)) from error
    if not same:
        raise ConfigurationError(
            _(
                "The fold {path} was made with other settings or other data. Remove the folder of the cross-validation."
            ).format(path=file)
        )
    return result

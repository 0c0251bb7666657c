"""The folds of a cross-validation: how patients are divided, the same way every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bsnet_core.language import translate as _
from training.configuration.run_config import ConfigurationError, RunConfig
from training.datasets.sample import Sample
from training.datasets.splits import Split, published_test_patients, severity_strata


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a cross-validation.

    Attributes:
        folds: Number of parts of the scored patients; each is the test part once.
        repeats: Number of divisions, each with another seed.
        trunk: Weights of the trunk (encoder, segmentation and alignment) that the scoring stage starts from. They must
            not be trained on any score, or the figures are too good. None for the run's own alignment stage, which may
            have seen masks, but no scores, of test patients.
        trunk_per_fold: Whether to train segmentation and alignment in every fold instead, without its test patients.
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
            raise ConfigurationError(_("Either give the weights of a trunk, or train one per fold, not both."))


def fold_split(samples: Sequence[Sample], config: RunConfig, plan: Plan, repeat: int, fold: int) -> Split:
    """The patients of one fold: scored ones are dealt within strata of severity, so that folds are alike.

    The validation part is drawn from the remaining scored patients by the configuration's share, which may be 0.
    Patients with only a mask are divided between training and validation, the same way in every fold; all others are
    for training.

    Raises:
        ConfigurationError: there are too few scored patients.
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
    # Evenly spaced in the order of severity, so that the part is as mixed as the rest.
    count = max(1, round(len(order) * share)) if share else 0
    picked = np.round(np.linspace(0, len(order) - 1, count)).astype(int)
    validation = {order[index] for index in picked}
    only_outlined = sorted(outlined - severity.keys())
    shuffled = np.random.default_rng(config.data.split_seed).permutation(len(only_outlined))
    validation |= {only_outlined[index] for index in shuffled[: round(len(only_outlined) * share)]}
    everyone = {sample.patient for sample in samples} - kept_out
    return Split(frozenset(everyone - test - validation), frozenset(validation), frozenset(test))


def _shuffled_strata(severity: dict[str, float], rng: np.random.Generator) -> list[str]:
    return [stratum[index] for stratum in severity_strata(severity) for index in rng.permutation(len(stratum)).tolist()]

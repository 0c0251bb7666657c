"""Division into training, validation and test by patient, seeded, written to a file and reused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.datasets.sample import DataSetError, Sample


@dataclass(frozen=True, slots=True)
class Split:
    """Patients of each part; no patient stands in two."""

    train: frozenset[str]
    validation: frozenset[str]
    test: frozenset[str]

    def __post_init__(self) -> None:
        if self.train & self.validation or self.train & self.test or self.validation & self.test:
            raise ValueError("A patient stands in two parts of the split.")


def split_by_patient(samples: Sequence[Sample], validation_share: float, test_share: float, seed: int) -> Split:
    """Scored patients and patients with only a mask are divided separately, so that each part gets its share.

    Scored patients are divided within strata of severity. Patients with neither score nor mask serve training only.
    """
    severity: dict[str, float] = {}
    outlined: set[str] = set()
    everyone: set[str] = set()
    for sample in samples:
        everyone.add(sample.patient)
        if sample.score is not None:
            severity[sample.patient] = max(severity.get(sample.patient, 0.0), sample.score.total)
        if sample.mask is not None:
            outlined.add(sample.patient)
    rng = np.random.default_rng(seed)
    parts: dict[str, set[str]] = {"train": everyone - set(severity) - outlined, "validation": set(), "test": set()}
    by_severity = sorted(severity, key=lambda patient: (severity[patient], patient))
    strata = [list(stratum) for stratum in np.array_split(np.array(by_severity, dtype=object), 4)] if severity else []
    for stratum in [*strata, sorted(outlined - set(severity))]:
        shuffled = [stratum[index] for index in rng.permutation(len(stratum))]
        n_test, n_validation = round(len(shuffled) * test_share), round(len(shuffled) * validation_share)
        parts["test"].update(shuffled[:n_test])
        parts["validation"].update(shuffled[n_test : n_test + n_validation])
        parts["train"].update(shuffled[n_test + n_validation :])
    return Split(frozenset(parts["train"]), frozenset(parts["validation"]), frozenset(parts["test"]))


def load_or_make_split(
    path: Path, samples: Sequence[Sample], validation_share: float, test_share: float, seed: int
) -> Split:
    """The split of `path`, made and written there if the file does not exist yet.

    Raises:
        DataSetError: the file is damaged, or misses patients of the data set.
    """
    if path.exists():
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            split = Split(*(frozenset(values[part]) for part in ("train", "validation", "test")))
        except (ValueError, KeyError, TypeError) as error:
            raise DataSetError(f"The split file {path} is damaged: {error}. Remove it to divide anew.") from error
        missing = {sample.patient for sample in samples} - split.train - split.validation - split.test
        if missing:
            raise DataSetError(f"The split file {path} does not know {len(missing)} patients, such as {min(missing)}.")
        return split
    split = split_by_patient(samples, validation_share, test_share, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {"train": sorted(split.train), "validation": sorted(split.validation), "test": sorted(split.test)}
    path.write_text(json.dumps({"seed": seed, **parts}, indent=1), encoding="utf-8")
    return split

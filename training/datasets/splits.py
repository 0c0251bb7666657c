"""The split into training, validation and test by patient: seeded, written to a file and reused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bsnet_core.language import translate as _
from bsnet_core.private_files import make_private_folder, write_private_json
from training.datasets.fingerprints import sha256_of_lines
from training.datasets.sample import DataSetError, Sample


@dataclass(frozen=True, slots=True)
class Split:
    """Patients of each part; no patient is in two."""

    train: frozenset[str]
    validation: frozenset[str]
    test: frozenset[str]

    def __post_init__(self) -> None:
        if self.train & self.validation or self.train & self.test or self.validation & self.test:
            raise ValueError("A patient is in two parts of the split.")

    def parts(self) -> dict[str, list[str]]:
        """The patients of each part by its name, sorted."""
        return {"train": sorted(self.train), "validation": sorted(self.validation), "test": sorted(self.test)}

    @property
    def fingerprint(self) -> str:
        """One SHA-256 of the patients of each part."""
        return sha256_of_lines([json.dumps(self.parts())])


def split_by_patient(samples: Sequence[Sample], validation_share: float, test_share: float, seed: int) -> Split:
    """Divides scored patients and patients with only a mask separately, so that each part gets its share.

    Scored patients are divided within strata of severity. Patients with neither score nor mask are used for training
    only. A publisher's division is kept: its test patients are in the test part, its others never.
    """
    published = published_test_patients(samples)
    kept_from_test = {sample.patient for sample in samples if sample.published_test is False} - published
    severity: dict[str, float] = {}
    outlined: set[str] = set()
    everyone: set[str] = set()
    for sample in samples:
        everyone.add(sample.patient)
        if sample.score is not None:
            severity[sample.patient] = max(severity.get(sample.patient, 0.0), sample.score.total)
        if sample.masks:
            outlined.add(sample.patient)
    rng = np.random.default_rng(seed)
    unseen = everyone - set(severity) - outlined - published
    parts: dict[str, set[str]] = {"train": unseen, "validation": set(), "test": set(published)}
    free = severity.keys() - published - kept_from_test
    for stratum in [
        *severity_strata({patient: severity[patient] for patient in free}),
        sorted(outlined - severity.keys() - published - kept_from_test),
    ]:
        shuffled = [stratum[index] for index in rng.permutation(len(stratum))]
        n_test, n_validation = round(len(shuffled) * test_share), round(len(shuffled) * validation_share)
        parts["test"].update(shuffled[:n_test])
        parts["validation"].update(shuffled[n_test : n_test + n_validation])
        parts["train"].update(shuffled[n_test + n_validation :])
    fixed = sorted(kept_from_test & (severity.keys() | outlined))
    fixed = [fixed[index] for index in rng.permutation(len(fixed))]
    n_validation = round(len(fixed) * validation_share)
    parts["validation"].update(fixed[:n_validation])
    parts["train"].update(fixed[n_validation:])
    return Split(frozenset(parts["train"]), frozenset(parts["validation"]), frozenset(parts["test"]))


def published_test_patients(samples: Sequence[Sample]) -> set[str]:
    """Patients in a publisher's test part."""
    return {sample.patient for sample in samples if sample.published_test}


def scored_patients(samples: Sequence[Sample]) -> frozenset[str]:
    """Patients with an image that has a Brixia score."""
    return frozenset(sample.patient for sample in samples if sample.score is not None)


def severity_strata(severity: Mapping[str, float], count: int = 4) -> list[list[str]]:
    """Patients in groups of about the same size, from the mildest to the most severe."""
    order = sorted(severity, key=lambda patient: (severity[patient], patient))
    return [[order[index] for index in part] for part in np.array_split(np.arange(len(order)), count)]


def load_or_make_split(
    path: Path, samples: Sequence[Sample], validation_share: float, test_share: float, seed: int
) -> Split:
    """Loads the split from `path`, or makes it and writes it there.

    Raises:
        DataSetError: the file is damaged, or misses patients of the data set.
    """
    if path.exists():
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            split = Split(*(frozenset(values[part]) for part in ("train", "validation", "test")))
        except (ValueError, KeyError, TypeError) as error:
            raise DataSetError(
                _("The split file {path} is damaged: {reason}. Delete it to make a new split.").format(
                    path=path, reason=error
                )
            ) from error
        missing = {sample.patient for sample in samples} - split.train - split.validation - split.test
        if missing:
            raise DataSetError(
                _("The split file {path} does not know {count} patients, such as {patient}.").format(
                    path=path, count=len(missing), patient=min(missing)
                )
            )
        return split
    split = split_by_patient(samples, validation_share, test_share, seed)
    write_split(path, split, seed)
    return split


def write_split(path: Path, split: Split, seed: int) -> None:
    """Writes the patients of each part, and makes the folder."""
    make_private_folder(path.parent)
    write_private_json(path, {"seed": seed, **split.parts()})

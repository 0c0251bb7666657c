"""The data of a run: its images, and how their patients are divided."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bsnet_core.language import translate as _
from training.configuration.run_config import RunConfig
from training.configuration.sections import DataConfig
from training.datasets.fingerprints import content_hashes, data_fingerprint, row_fingerprint
from training.datasets.sample import DataSetError, Sample, reject_missing_files
from training.datasets.splits import Split, load_or_make_split, scored_patients
from training.images.prepared_images import PreparedImages, prepare

SPLIT_FILE = "split.json"


@dataclass(frozen=True)
class RunData:
    """The data of a run.

    Attributes:
        samples: All images with what is known about them.
        split: The patients of each part.
        cache: Folder of preprocessed images and hashes.
    """

    samples: Sequence[Sample]
    split: Split
    cache: Path

    def prepared(self, config: RunConfig, side_px: int) -> PreparedImages:
        """The network images at a side in pixels, from the cache.

        Raises:
            DataSetError: an image or mask that cannot be loaded.
        """
        return prepare(self.samples, side_px, config.model.aspect, self.cache)

    @cached_property
    def hashes(self) -> dict[Path, str]:
        """SHA-256 of every file."""
        return content_hashes(self.samples, self.cache)

    @cached_property
    def fingerprint(self) -> str:
        """One SHA-256 of the whole data set, independent of its order."""
        return data_fingerprint(self.samples, self.hashes)

    @cached_property
    def row_fingerprint(self) -> str:
        """One SHA-256 of the whole data set in the order of its rows."""
        return row_fingerprint(self.samples, self.hashes)


def load_samples(config: DataConfig) -> list[Sample]:
    """Images of all sources without the excluded ones; joined patients have the first one's identifier.

    Raises:
        DataSetError: a missing file, a missing or malformed table, row or column, or an excluded image or a joined
            patient that does not exist.
    """
    samples = listed_samples(config)
    reject_missing_files(samples)
    return samples


def listed_samples(config: DataConfig) -> list[Sample]:
    """Like `load_samples`, but without checking that the images and masks exist.

    Raises:
        DataSetError: a missing or malformed table, row or column, or an excluded image or a joined patient that does
            not exist.
    """
    samples = [sample for source in config.sources for sample in source.load()]
    names = {sample.image.name for sample in samples}
    for name in config.exclude:
        if name not in names:
            raise DataSetError(_("exclude: there is no image named {name}.").format(name=name))
    excluded = set(config.exclude)
    patients = {sample.patient for sample in samples}
    one_of = {patient: group[0] for group in config.join_patients for patient in group}
    for patient in one_of:
        if patient not in patients:
            raise DataSetError(_("join_patients: there is no patient {patient}.").format(patient=patient))
    return [
        dataclasses.replace(sample, patient=one_of.get(sample.patient, sample.patient))
        for sample in samples
        if sample.image.name not in excluded
    ]


def load_data(config: RunConfig) -> RunData:
    """Loads the data sets and the split (made and written on the first run).

    Raises:
        DataSetError: a missing or malformed file, row or column.
    """
    samples = load_samples(config.data)
    return RunData(samples, run_split(config, samples), config.data.cache)


def run_split(config: RunConfig, samples: Sequence[Sample]) -> Split:
    """The run's split; the first run makes and writes it.

    Raises:
        DataSetError: its file is damaged, or misses patients of the data set.
    """
    data = config.data
    return load_or_make_split(
        config.output / SPLIT_FILE, samples, data.validation_share, data.test_share, data.split_seed
    )


def patients_with_hidden_masks(config: RunConfig, data: RunData) -> frozenset[str]:
    """Patients whose masks segmentation and alignment do not learn from, in whichever part of the split they are."""
    return scored_patients(data.samples) if config.data.trunk_without_scored else frozenset()


def unseen_mask_rows(config: RunConfig, data: RunData, prepared: PreparedImages) -> list[int]:
    """Rows of the masks that segmentation and alignment have not seen: of the test part and of hidden patients."""
    return prepared.where(data.split.test | patients_with_hidden_masks(config, data), mask=True)

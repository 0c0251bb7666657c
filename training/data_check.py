"""Check of a run's data before training: a report on counts, classes, duplicates and faults, and a filled cache."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import N_CLASSES, ZONES
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.private_files import write_private_json
from training.configuration.run_config import RunConfig
from training.datasets.sample import DataSetError, MaskSizeError, Sample, missing_files, reject_missing_files
from training.images.prepared_images import PreparedImages, prepare, prepare_sound
from training.run.run_data import RunData, listed_samples, run_split
from training.run.run_record import write_run_record

HASH_SIDE = 16
ALIKE_BITS = 24
"""On the public images, copies of one image differ in up to 24 of the 256 bits, however they were cropped and windowed;
the most alike images of two patients differ in 26."""
PAIRS_LISTED = 200

Hashes = npt.NDArray[np.bool_]
"""(N, 256) perceptual hashes."""


def prepare_run(config: RunConfig) -> dict[str, Any]:
    """Checks the run's data, fills the cache at every side that a stage needs, and writes `preparation.json`.

    Images with a missing file appear only in the report's list of missing files. Nothing is cached while a file cannot
    be loaded: repair or exclude it first.

    Raises:
        DataSetError: a missing or malformed table, row or column, or no image without a missing file.
    """
    listed = listed_samples(config.data)
    missing = {sample.image: paths for sample in listed if (paths := missing_files(sample))}
    whole = [sample for sample in listed if sample.image not in missing]
    if not whole:
        reject_missing_files(listed)
    data = RunData(whole, run_split(config, listed), config.data.cache)
    prepared, faults = prepare_sound(data.samples, config.model.side_px, config.model.aspect, data.cache)
    write_run_record(config, data)
    report = describe(data, prepared, faults, missing)
    if not faults:
        sides = {side for stage in config.stages.values() for side, _epochs in stage.sides_px}
        for side in sorted(sides - {config.model.side_px}):
            prepare(data.samples, side, config.model.aspect, data.cache)
    write_private_json(config.output / "preparation.json", report)
    return report


def describe(
    data: RunData,
    prepared: PreparedImages,
    faults: Mapping[int, DataSetError],
    missing: Mapping[Path, Sequence[Path]],
) -> dict[str, Any]:
    """The report as plain values.

    `sound` is false if a file is missing or faulty, or if an image is in two parts of the split.

    Args:
        data: The images without a missing file.
        prepared: Their network images.
        faults: Their faults by row.
        missing: The missing files of the other images.
    """
    parts = {"train": data.split.train, "validation": data.split.validation, "test": data.split.test}
    part_of = {patient: part for part, patients in parts.items() for patient in patients}
    by_part = {part: [sample for sample in data.samples if part_of[sample.patient] == part] for part in parts}
    exact = same_content(data)
    rows = [row for row in range(len(data.samples)) if row not in faults]
    pairs = alike(perceptual_hashes(prepared.images[rows]))
    same = {frozenset(group) for group in exact}
    alike_rows = [
        (rows[first], rows[second], bits)
        for first, second, bits in pairs
        if not any({rows[first], rows[second]} <= group for group in same)
    ]
    exact_groups = [_duplicate(data.samples, group, part_of) for group in exact]
    alike_pairs = [
        _duplicate(data.samples, (first, second), part_of) | {"bits": bits} for first, second, bits in alike_rows
    ]
    return {
        "sound": not missing and not faults and not any(group["across_parts"] for group in exact_groups),
        "data_sha256": data.fingerprint,
        "all": _counts(data.samples),
        "parts": {part: _counts(samples) | _classes(samples) for part, samples in by_part.items()},
        "missing": [{"image": str(image), "files": [str(path) for path in paths]} for image, paths in missing.items()],
        "unreadable": [
            {"image": str(data.samples[row].image), "reason": str(error)}
            for row, error in faults.items()
            if not isinstance(error, MaskSizeError)
        ],
        "mask_size_differs": [
            {"image": str(data.samples[row].image), "reason": str(error)}
            for row, error in faults.items()
            if isinstance(error, MaskSizeError)
        ],
        "empty_masks": [
            str(data.samples[row].image) for row in rows if data.samples[row].masks and not prepared.masks[row].any()
        ],
        "patients_unknown": sum(not sample.patient_known for sample in data.samples),
        "duplicates": {
            "same_content": exact_groups,
            "alike_across_patients": [pair for pair in alike_pairs if pair["across_patients"]][:PAIRS_LISTED],
            "alike_pairs": len(alike_pairs),
            "join_patients": patients_to_join(data.samples, [*exact, *(pair[:2] for pair in alike_rows)]),
            "alike_pairs_across_parts": sum(pair["across_parts"] for pair in alike_pairs),
        },
    }


def same_content(data: RunData) -> list[list[int]]:
    """Rows of images with identical bytes, in groups of two or more."""
    groups: dict[str, list[int]] = defaultdict(list)
    for row, sample in enumerate(data.samples):
        groups[data.hashes[sample.image]].append(row)
    return [group for group in groups.values() if len(group) > 1]


def patients_to_join(samples: Sequence[Sample], same_images: Iterable[Sequence[int]]) -> list[list[str]]:
    """Groups of patients who share an image, sorted, in the form of the setting `join_patients`."""
    groups: list[set[str]] = []
    for rows in same_images:
        together = {samples[row].patient for row in rows}
        touched = [group for group in groups if group & together]
        groups = [group for group in groups if not group & together]
        groups.append(together.union(*touched))
    return sorted(sorted(group) for group in groups if len(group) > 1)


def perceptual_hashes(images: npt.NDArray[np.uint8]) -> Hashes:
    """(N, 256) bits of (N, S, S) network images: whether a 17 x 16 thumbnail gets brighter to the right.

    Another size, compression or window of an image changes few bits.
    """
    hashes = np.zeros((len(images), HASH_SIDE**2), dtype=bool)
    for row, image in enumerate(images):
        small = cv2.resize(np.asarray(image), (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA).astype(int)
        hashes[row] = (small[:, 1:] > small[:, :-1]).ravel()
    return hashes


def alike(hashes: Hashes, most_bits: int = ALIKE_BITS) -> list[tuple[int, int, int]]:
    """Pairs that differ in few bits, as (first row, second row, differing bits)."""
    signs = np.where(hashes, 1.0, -1.0).astype(np.float32)
    found = []
    for first, sign in enumerate(signs):
        differing = (hashes.shape[1] - signs[first + 1 :] @ sign) / 2
        for offset in np.flatnonzero(differing <= most_bits):
            found.append((first, first + 1 + int(offset), int(differing[offset])))
    return found


def summary_lines(report: dict[str, Any], config: RunConfig) -> Iterable[str]:
    """The report as text for a person, line by line."""
    columns = ("images", "patients", "with_mask", "with_score", "no_finding")
    headings = (_("images"), _("patients"), _("with mask"), _("with score"), _("no finding"))
    yield f"{'':<12}" + "".join(f"{heading:>12}" for heading in headings)
    for part, counts in {**report["parts"], "all": report["all"]}.items():
        yield f"{part:<12}" + "".join(f"{counts[column]:>12}" for column in columns)
    for part, counts in report["parts"].items():
        if counts["with_score"]:
            yield ""
            yield _("{part}: zone scores").format(part=part).ljust(24) + "".join(f"{c:>8}" for c in range(N_CLASSES))
            for zone, classes in counts["classes_by_zone"].items():
                yield f"  {zone:<22}" + "".join(f"{count:>8}" for count in classes)
    yield ""
    for lacking in report["missing"]:
        for file in lacking["files"]:
            yield _("missing: {file} (image {image})").format(file=file, image=Path(lacking["image"]).name)
    for name, text in (
        ("unreadable", _("cannot be loaded")),
        ("mask_size_differs", _("mask of another size")),
    ):
        for fault in report[name]:
            yield f"{text}: {fault['reason']}"
    for image in report["empty_masks"]:
        yield _("empty mask: {image}").format(image=image)
    for group in report["duplicates"]["same_content"]:
        where = _("in two parts of the split") if group["across_parts"] else _("in one part of the split")
        yield _("same file, {where}: {images}").format(where=where, images=", ".join(group["images"]))
    for pair in report["duplicates"]["alike_across_patients"]:
        text = _("almost the same image of two patients ({bits} of {all} bits differ): {images}")
        yield text.format(bits=pair["bits"], all=HASH_SIDE**2, images=", ".join(pair["images"]))
    if groups := report["duplicates"]["join_patients"]:
        yield _("If these are copies of one image, put this line into [data], so that no split divides them:")
        yield f"join_patients = {json.dumps(groups)}"
    if count := report["patients_unknown"]:
        text = translate_count(
            "{count} image counts as a separate patient, because its patient is not known.",
            "{count} images count as separate patients, because their patients are not known.",
            count,
        )
        yield text.format(count=count)
    if report["sound"]:
        yield _("Fit to train on. The report is in {path}.").format(path=config.output / "preparation.json")
    else:
        yield _("Not fit to train on. Repair these files, or list them under exclude in [data].")


def _counts(samples: Sequence[Sample]) -> dict[str, Any]:
    return {
        "images": len(samples),
        "patients": len({sample.patient for sample in samples}),
        "with_mask": sum(bool(sample.masks) for sample in samples),
        "with_score": sum(sample.score is not None for sample in samples),
        "with_second_score": sum(sample.second_score is not None for sample in samples),
        "with_consensus": sum(sample.consensus_score is not None for sample in samples),
        "with_opacity": sum(sample.opacity is not None for sample in samples),
        "no_finding": sum(sample.no_finding for sample in samples),
    }


def _classes(samples: Sequence[Sample]) -> dict[str, Any]:
    scores = [sample.score for sample in samples if sample.score is not None]
    by_zone = {zone.name: Counter(score[zone] for score in scores) for zone in ZONES}
    totals = Counter(score.total for score in scores)
    return {
        "classes_by_zone": {zone: [counts[value] for value in range(N_CLASSES)] for zone, counts in by_zone.items()},
        "global_scores": {str(total): totals[total] for total in sorted(totals)},
    }


def _duplicate(samples: Sequence[Sample], rows: Sequence[int], part_of: dict[str, str]) -> dict[str, Any]:
    patients = {samples[row].patient for row in rows}
    return {
        "images": [str(samples[row].image) for row in rows],
        "across_patients": len(patients) > 1,
        "across_parts": len({part_of[patient] for patient in patients}) > 1,
    }

"""SHA-256 of the files of a data set, computed once per file and kept in the cache folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from bsnet_core.language import translate as _
from bsnet_core.private_files import make_private_folder, write_private_json
from training.datasets.sample import DataSetError, Sample, files_of

STORE = "content-hashes.json"


def content_hashes(samples: Sequence[Sample], cache: Path) -> dict[Path, str]:
    """SHA-256 of every image and mask; files of unchanged size and time are not hashed again.

    Raises:
        DataSetError: a file that cannot be opened.
    """
    store = cache / STORE
    known: dict[str, list[object]] = {}
    if store.exists():
        try:
            known = json.loads(store.read_text(encoding="utf-8"))
        except ValueError:
            known = {}  # only a cache: computed again
    files = sorted({path for sample in samples for path in files_of(sample)})
    found: dict[Path, str] = {}
    changed = False
    for path in tqdm(files, desc=_("hashing"), leave=False, disable=None):
        try:
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns]
            entry = known.get(str(path))
            if entry is None or entry[:2] != stamp:
                entry = known[str(path)] = [*stamp, file_sha256(path)]
                changed = True
        except OSError as error:
            raise DataSetError(
                _("The file {path} cannot be opened: {reason}.").format(path=path, reason=error.strerror)
            ) from error
        found[path] = str(entry[2])
    if changed:
        make_private_folder(cache)
        write_private_json(store, known)
    return found


def data_fingerprint(samples: Sequence[Sample], hashes: dict[Path, str]) -> str:
    """One SHA-256 over all files and everything known about them, independent of names and order."""
    return sha256_of_lines(sorted(_lines_of(samples, hashes)))


def row_fingerprint(samples: Sequence[Sample], hashes: dict[Path, str]) -> str:
    """One SHA-256 that depends on the order of the rows, as augmentation, frozen features and folds do."""
    return sha256_of_lines(_lines_of(samples, hashes))


def _lines_of(samples: Sequence[Sample], hashes: dict[Path, str]) -> list[str]:
    return [
        " ".join(
            (
                hashes[sample.image],
                sample.patient,
                *(hashes[mask] for mask in sample.masks),
                *(str(value or "-") for value in (sample.score, sample.second_score, sample.consensus_score)),
                str(sample.opacity or "-"),
                str(sample.no_finding),
                *_other_labels(sample, hashes),
            )
        )
        for sample in samples
    ]


def _other_labels(sample: Sample, hashes: dict[Path, str]) -> list[str]:
    """Labels that only some data sets have; nothing without them, so that other fingerprints stay as they were."""
    labels: list[object] = [sample.severity, *sample.lung_scores, sample.lung_class, *sample.opacity_boxes]
    labels += [sample.peers, hashes[sample.lesions] if sample.lesions else None, sample.day]
    return [str(label) for label in labels if label is not None]


def sha256_of_lines(lines: Iterable[str]) -> str:
    """SHA-256 of lines of text."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The comparison of an accelerated backend with torch on real radiographs, which decides on its admission."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bsnet_core.agreement import dice
from bsnet_core.backends import TORCH
from bsnet_core.backends.admission import Drift, record_drift
from bsnet_core.errors import BSNetError, Cancelled, UnreadableImageError
from bsnet_core.inference.predictor import Predictor
from bsnet_core.language import translate as _
from bsnet_core.loading import load_radiograph
from bsnet_core.progress import Report, no_report
from bsnet_core.radiograph import Radiograph


def drift_of(
    candidate: Predictor, reference: Predictor, radiographs: Iterable[Radiograph], report: Report = no_report
) -> Drift:
    """Compares two predictors radiograph by radiograph, in turns; radiographs that are not scored are skipped.

    Raises:
        UnreadableImageError: no radiograph was scored.
        Cancelled: `report` asked to stop.
    """
    changed, drifts, overlaps = [], [], []
    seconds: dict[Predictor, list[float]] = {candidate: [], reference: []}
    for radiograph in radiographs:
        report(_("Comparing"), 0.0)
        try:
            results = []
            for predictor in (reference, candidate):
                start = time.perf_counter()
                results.append(predictor.predict(radiograph))
                seconds[predictor].append(time.perf_counter() - start)
        except Cancelled:
            raise
        except BSNetError:
            continue
        expected, found = results
        classes = np.arange(expected.zone_probabilities.shape[-1])
        changed.append((expected.score.grid != found.score.grid).mean())
        drifts.append(np.abs((expected.zone_probabilities - found.zone_probabilities) @ classes).mean())
        overlaps.append(dice(found.lung_probability >= 0.5, expected.lung_probability >= 0.5))
    if not changed:
        raise UnreadableImageError(_("None of these images could be scored, so nothing was compared."))
    medians = {predictor: float(np.median(values)) for predictor, values in seconds.items()}
    return Drift(
        candidate.backend,
        len(changed),
        float(np.mean(changed)),
        float(np.mean(drifts)),
        float(np.mean(overlaps)),
        float(np.min(overlaps)),
        medians[reference] / medians[candidate],
        medians[candidate],
    )


def admit(name: str, files: Sequence[Path], model_dir: Path | None = None, report: Report = no_report) -> Drift:
    """Measures a backend's drift on radiographs and records it for `auto`, whatever the outcome.

    Args:
        name: One of `ACCELERATED_BACKENDS`.
        files: At least `MIN_IMAGES` frontal chest radiographs; other files are skipped.
        model_dir: As for `Predictor.load`.
        report: Told the share of files done; may raise `Cancelled`.

    Raises:
        UnforeseenError: the backend is not installed, or the model has no lungs to compare.
        UnreadableImageError: no file was scored.
    """
    reference = Predictor.load(model_dir, "cpu", backend=TORCH)
    report(_("Converting the network"), 0.0)
    candidate = Predictor.load(model_dir, "cpu", backend=name)

    def radiographs() -> Iterable[Radiograph]:
        for number, path in enumerate(files):
            report(_("Comparing"), number / len(files))
            try:
                yield load_radiograph(path)
            except BSNetError:
                continue

    drift = drift_of(candidate, reference, radiographs())
    record_drift(reference.card.sha256, drift)
    return drift

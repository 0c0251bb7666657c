"""Who may stand in for torch: an accelerated backend whose drift, measured on real films, keeps the limits.

The outcome is kept beside the converted network; `auto` takes a backend only where such an admission holds for the
very weights and the very files in use.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bsnet_core.agreement import dice
from bsnet_core.backends import ACCELERATED_BACKENDS, TORCH
from bsnet_core.backends.backend import Backend, TorchBackend
from bsnet_core.backends.converted import folder_of, is_converted, sha256_of
from bsnet_core.errors import BSNetError, Cancelled, UnforeseenError, UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.loading import load_radiograph
from bsnet_core.progress import Report, no_report
from bsnet_core.radiograph import Radiograph

if TYPE_CHECKING:
    from bsnet_core.model.bsnet import BSNet
    from bsnet_core.prediction import Predictor

MIN_IMAGES = 30
MAX_CHANGED_SHARE = 0.02
"""Zones whose score differs from torch's, as a share of all."""
MAX_EXPECTED_DRIFT = 0.02
"""Mean absolute difference of the zones' expected values, of a range of 3."""
MIN_DICE = 0.99
"""Mean overlap of the lung masks with torch's."""
RECORD_NAME = "admission.json"
RECORD_FORMAT = 1
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a backend is from torch on real films.

    Attributes:
        images: Films that both scored.
        changed_share: Of the zone scores, in [0, 1].
        expected_drift: Mean absolute difference of the zones' expected values.
        dice: Mean overlap of the lung masks.
        lowest_dice: Of the worst film.
        speed_up: Torch's seconds divided by the backend's, medians of the whole prediction.
        seconds: The backend's median.
    """

    backend: str
    images: int
    changed_share: float
    expected_drift: float
    dice: float
    lowest_dice: float
    speed_up: float
    seconds: float

    @property
    def keeps_limits(self) -> bool:
        """Whether all three figures keep their limits."""
        return (
            self.changed_share <= MAX_CHANGED_SHARE
            and self.expected_drift <= MAX_EXPECTED_DRIFT
            and self.dice >= MIN_DICE
        )

    @property
    def is_admitted(self) -> bool:
        """Whether the limits hold on enough films to tell, and it is the faster one."""
        return self.images >= MIN_IMAGES and self.keeps_limits and self.speed_up > 1

    def sentence(self) -> str:
        """The figures and the verdict, for people."""
        figures = _(
            "{backend}: {speed_up} times torch's speed; on {images} films {changed} of the zone scores differ (limit "
            "{max_changed}), expected values by {drift} on average (limit {max_drift}), mean Dice of the lung masks "
            "{dice} (limit {min_dice})."
        ).format(
            backend=self.backend,
            speed_up=f"{self.speed_up:.1f}",
            images=self.images,
            changed=f"{self.changed_share:.1%}",
            max_changed=f"{MAX_CHANGED_SHARE:.0%}",
            drift=f"{self.expected_drift:.4f}",
            max_drift=MAX_EXPECTED_DRIFT,
            dice=f"{self.dice:.4f}",
            min_dice=MIN_DICE,
        )
        if self.is_admitted:
            verdict = _("Admitted: auto takes it from now on.")
        elif self.keeps_limits and self.images < MIN_IMAGES:
            verdict = _("Not admitted: at least {count} films are needed.").format(count=MIN_IMAGES)
        else:
            verdict = _("Not admitted: auto does not take it.")
        return f"{figures} {verdict}"


def drift_of(
    candidate: Predictor, reference: Predictor, radiographs: Iterable[Radiograph], report: Report = no_report
) -> Drift:
    """Compares two predictors film by film, in turns; films that are not scored are left out.

    Raises:
        UnreadableImageError: no film was scored.
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
        raise UnreadableImageError(_("None of these films could be scored, so nothing was compared."))
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
    """Measures a backend on films and keeps the outcome, whatever it is, for `auto`.

    Args:
        name: One of `ACCELERATED_BACKENDS`.
        files: At least `MIN_IMAGES` frontal chest films; what is none is left out.
        model_dir: As for `Predictor.load`.
        report: Told the share of films done; may raise `Cancelled`.

    Raises:
        UnforeseenError: the backend is not installed, or the model has no lungs to compare.
        UnreadableImageError: no film was scored.
    """
    from bsnet_core.prediction import Predictor

    reference = Predictor.load(model_dir, "cpu", backend=TORCH)
    report(_("Converting the network"), 0.0)
    candidate = Predictor.load(model_dir, "cpu", backend=name)

    def films() -> Iterable[Radiograph]:
        for number, path in enumerate(files):
            report(_("Comparing"), number / len(files))
            try:
                yield load_radiograph(path)
            except BSNetError:
                continue

    drift = drift_of(candidate, reference, films())
    _keep_record(name, reference.card.sha256, drift)
    return drift


def recorded_drift(name: str, weights_sha256: str) -> Drift | None:
    """The drift measured of the very files in the cache, or None."""
    folder = folder_of(name, weights_sha256)
    try:
        values = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        if values["format"] != RECORD_FORMAT or values["weights_sha256"] != weights_sha256:
            return None
        if values["network_sha256"] != sha256_of(folder):
            return None
        return Drift(**values["drift"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def choose_backend(name: str, model: BSNet, weights_sha256: str) -> Backend:
    """The backend of a name, for a model on the CPU; "auto" takes the fastest admitted one, else torch.

    Raises:
        UnforeseenError: a backend named outright is not installed or cannot be loaded.
    """
    if name == TORCH:
        return TorchBackend(model)
    if name in ACCELERATED_BACKENDS:
        try:
            return _load(name, model, weights_sha256)
        except (RuntimeError, OSError, ImportError) as error:
            raise UnforeseenError(
                _("The backend {backend} cannot be loaded. Choose torch instead.").format(backend=name)
            ) from error
    for candidate in _admitted_fastest_first(weights_sha256):
        try:
            return _load(candidate, model, weights_sha256)
        except (BSNetError, RuntimeError, OSError, ImportError):
            log.warning("The admitted backend %s cannot be loaded; torch is used", candidate)
    return TorchBackend(model)


def _admitted_fastest_first(weights_sha256: str) -> list[str]:
    """Backends admitted for these weights, by the speed measured."""
    import importlib.util

    if importlib.util.find_spec("openvino") is None:
        return []
    converted = [name for name in ACCELERATED_BACKENDS if is_converted(folder_of(name, weights_sha256))]
    drifts = [recorded_drift(name, weights_sha256) for name in converted]
    admitted = [drift for drift in drifts if drift is not None and drift.is_admitted]
    return [drift.backend for drift in sorted(admitted, key=lambda drift: drift.speed_up, reverse=True)]


def _load(name: str, model: BSNet, weights_sha256: str) -> Backend:
    from bsnet_core.backends.openvino import OpenVinoBackend

    return OpenVinoBackend.load(name, model, weights_sha256)


def _keep_record(name: str, weights_sha256: str, drift: Drift) -> None:
    folder = folder_of(name, weights_sha256)
    values = {
        "format": RECORD_FORMAT,
        "weights_sha256": weights_sha256,
        "network_sha256": sha256_of(folder),
        "drift": dataclasses.asdict(drift),
    }
    temporary = folder / f"{RECORD_NAME}.tmp"
    temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    temporary.chmod(0o600)
    os.replace(temporary, folder / RECORD_NAME)

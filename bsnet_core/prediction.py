"""The predictor: a radiograph in, one frozen result out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bsnet_core.backends import ACCELERATED_BACKENDS, AUTO, TORCH
from bsnet_core.brixia import N_CLASSES, ZONES, BrixiaScore, Zone
from bsnet_core.errors import BSNetError, UnforeseenError, UnsuitableImageError, WeightsError
from bsnet_core.frames import Frames
from bsnet_core.language import translate as _
from bsnet_core.loading.input_check import reject_unsuitable
from bsnet_core.model.network_config import Attention
from bsnet_core.preprocessing import preprocess
from bsnet_core.progress import Report, no_report
from bsnet_core.quality import lungs_are_missing, quality_notes
from bsnet_core.radiograph import Radiograph
from bsnet_core.resources import default_model_dir
from bsnet_core.standard_orientation import StandardOrientation

if TYPE_CHECKING:
    import torch

    from bsnet_core.backends.backend import Backend, SeenLungs
    from bsnet_core.model.baseline import Baseline
    from bsnet_core.model.bsnet import BSNet
    from bsnet_core.model.card import ModelCard


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which weights gave a result."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Prediction:
    """What the network said of one radiograph. Arrays are read-only and live on the CPU.

    Attributes:
        frames: Maps between image, network and aligned frame.
        network_image: (S, S) float32 in [0, 1], the preprocessed picture the network saw.
        lung_probability: (S, S) float32 in [0, 1], network frame.
        aligned_image: (S, S) float32 in [0, 1], the network image in the aligned frame.
        aligned_lung_probability: (S, S) float32 in [0, 1], aligned frame.
        zone_probabilities: (3, 2, 4) float32, rows upper to lower, column 0 = A B C; sums to 1 over classes.
        attention: Which head, or the mean of both, gave the probabilities.
        model: Name, version and hash of the weights.
        device: Where it ran, such as "cpu" or "cuda".
        seconds: Wall-clock seconds per step.
        quality: Notes for the reader, empty where nothing looks wrong.
        backend: What computed it: "torch", "openvino" or "openvino-int8".
    """

    frames: Frames
    network_image: npt.NDArray[np.float32]
    lung_probability: npt.NDArray[np.float32]
    aligned_image: npt.NDArray[np.float32]
    aligned_lung_probability: npt.NDArray[np.float32]
    zone_probabilities: npt.NDArray[np.float32]
    attention: Attention
    model: ModelIdentity
    device: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    quality: tuple[str, ...] = ()
    backend: str = TORCH

    @cached_property
    def score(self) -> BrixiaScore:
        """The class of highest probability in each zone."""
        return BrixiaScore.from_grid(self.zone_probabilities.argmax(axis=-1))

    def probabilities_of(self, zone: Zone) -> npt.NDArray[np.float32]:
        """(4,) class probabilities of one zone."""
        return self.zone_probabilities[zone.row, zone.column]

    def confidence_of(self, zone: Zone) -> float:
        """Probability of the zone's predicted class, in [0, 1]."""
        return float(self.probabilities_of(zone).max())

    def expected_value_of(self, zone: Zone) -> float:
        """Mean of the zone's class under its probabilities, 0 to 3."""
        return float(self.probabilities_of(zone) @ np.arange(N_CLASSES))

    @property
    def expected_total(self) -> float:
        """Sum of the expected values, 0 to 18."""
        return sum(self.expected_value_of(zone) for zone in ZONES)

    @cached_property
    def lung_mask(self) -> npt.NDArray[np.bool_]:
        """(height, width) bool on the original pixel grid: lung probability of at least 0.5."""
        mask = np.asarray(self.frames.network_map_to_image(self.lung_probability)) >= 0.5
        mask.setflags(write=False)
        return mask

    @property
    def mask_area_fraction(self) -> float:
        """Share of the picture covered by the lung mask, in [0, 1]."""
        left, top, width, height = self.frames.box
        inside = self.lung_probability[top : top + height, left : left + width]
        return float((inside >= 0.5).mean())


@dataclass(frozen=True)
class LungsFound:
    """The first step's result, there before the score: lungs and alignment of one radiograph.

    Attributes:
        frames: With the alignment.
        lung_probability: (S, S) float32 in [0, 1], network frame; read-only.
    """

    frames: Frames
    lung_probability: npt.NDArray[np.float32]


def _no_listener(found: LungsFound) -> None:
    """For callers who wait for the whole result."""


class Predictor:
    """A loaded model: load once, predict many. Use one from one thread at a time."""

    def __init__(
        self,
        model: BSNet | Baseline,
        card: ModelCard,
        device: torch.device,
        attention: Attention | None = None,
        *,
        backend: str = TORCH,
    ) -> None:
        """Takes a model as `bsnet_core.model.weights.load_model` gives it; `backend` as for `load`.

        Raises:
            WeightsError: the model has no head for `attention`.
            UnforeseenError: the backend is not there, or not for this device or model.
        """
        import torch

        from bsnet_core.model.bsnet import BSNet

        self.card = card
        self.device = device
        self.attention = _choose_attention(card, attention)
        self.identity = ModelIdentity(card.name, card.version, card.sha256)
        # Channels last is the faster of two exact memory layouts on CPUs and on tensor cores.
        self._model = model.to(device).to(memory_format=torch.channels_last).eval()
        self._backend: Backend | None = None
        if isinstance(self._model, BSNet):
            self._backend = _choose_backend(backend, self._model, card, device)
        elif backend in ACCELERATED_BACKENDS:
            raise UnforeseenError(_("The baseline runs on torch only. Choose torch or auto."))

    @property
    def model(self) -> BSNet | Baseline:
        """The network itself, in evaluation mode on `device`."""
        return self._model

    @classmethod
    def load(
        cls,
        model_dir: Path | None = None,
        device: str = "auto",
        attention: Attention | None = None,
        *,
        backend: str = AUTO,
    ) -> Predictor:
        """Loads a model folder.

        Args:
            model_dir: Folder with `model.json` and its weights; the shipped model if None.
            device: "auto" (CUDA, then Apple's MPS, then the CPU), or a torch device by name.
            attention: Head to use; the ensemble if None and the model has both heads.
            backend: "torch", the reference; "openvino" or "openvino-int8", on the CPU only; or "auto", which takes an
                accelerated one if it was admitted on this machine for these weights
                (`bsnet_core.backends.admission`), else torch.

        Raises:
            WeightsError: wrong or damaged files, or a head the model does not have.
            UnforeseenError: the device or the backend is not there.
        """
        from bsnet_core.model.weights import load_model

        chosen = choose_device(device)
        model, card = load_model(model_dir if model_dir is not None else default_model_dir())
        return cls(model, card, chosen, attention, backend=backend)

    @property
    def backend(self) -> str:
        """What computes: "torch", "openvino" or "openvino-int8"."""
        return TORCH if self._backend is None else self._backend.name

    def predict(
        self,
        radiograph: Radiograph,
        report: Report = no_report,
        on_lungs: Callable[[LungsFound], None] = _no_listener,
    ) -> Prediction:
        """Segments, aligns and scores one radiograph.

        Args:
            radiograph: As read; the display window plays no part.
            report: Told the stage and the share done; may raise `Cancelled`.
            on_lungs: Told the lungs as soon as they are aligned.

        Raises:
            UnsuitableImageError: not a frontal chest film (lateral view, other body part, colour photograph, no
                lungs found); among them NotAdultError, by the age that the file states.
            Cancelled: `report` asked to stop.
            UnforeseenError: the processing failed, out of memory for instance.
        """
        seconds: dict[str, float] = {}
        try:
            report(_("Checking the picture"), 0.0)
            reject_unsuitable(radiograph)
            report(_("Preparing the picture"), 0.05)
            with _timed(seconds, "preprocess"):
                pixels = radiograph.pixels
                config, turn = self.card.config, StandardOrientation.of(radiograph.metadata.patient_orientation)
                network_image, frames = preprocess(pixels, config.side_px, config.aspect, turn)
            blank_share = float((pixels == 0).mean())
            return self._predict_prepared(network_image, frames, blank_share, seconds, report, on_lungs)
        except BSNetError:
            raise
        except (RuntimeError, MemoryError, ArithmeticError, ValueError) as error:
            raise UnforeseenError(
                _("The picture could not be analysed: the network stopped with an error. It can still be viewed.")
            ) from error

    def zone_probabilities(self, network_images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The full network on prepared pictures.

        Args:
            network_images: (N, S, S) float32 in [0, 1].

        Returns:
            (N, 3, 2, 4) float32, by the predictor's attention.
        """
        return self._by_backend(self._backend, network_images)

    def reference_probabilities(self, network_images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The same by torch, whatever backend scores: an exact map must not depend on what is admitted here."""
        from bsnet_core.backends.backend import TorchBackend
        from bsnet_core.model.bsnet import BSNet

        model = self._model
        return self._by_backend(TorchBackend(model) if isinstance(model, BSNet) else None, network_images)

    def _by_backend(self, backend: Backend | None, network_images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            batch = self._as_batch(network_images)
            if backend is None:
                probabilities = torch.softmax(self._model(batch) / self.card.config.temperature, dim=-1)
            else:
                probabilities = self._probabilities_of(backend, batch)
                if self.card.config.mirror_averaging:
                    probabilities = self._mirrored_too(backend, batch, probabilities)
            return np.asarray(probabilities.float().cpu().numpy())

    def _probabilities_of(self, backend: Backend, images: torch.Tensor) -> torch.Tensor:
        lungs = backend.find_lungs(images)
        return self._scored(backend, lungs, backend.align(lungs.lung_probability))

    def _scored(self, backend: Backend, lungs: SeenLungs, alignment: torch.Tensor) -> torch.Tensor:
        from bsnet_core.model.bsnet import zone_probabilities

        logits = backend.score(lungs, alignment, self.card.config.heads_of(self.attention))
        return zone_probabilities(logits, self.attention, self.card.config.temperature)

    def _mirrored_too(self, backend: Backend, images: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
        """The mean with the mirror image's probabilities, whose right lung counts for the left one."""
        mirrored = self._probabilities_of(backend, images.flip(-1))
        return (probabilities + mirrored.flip(2)) / 2

    def _as_batch(self, network_images: npt.NDArray[np.float32]) -> torch.Tensor:
        import torch

        batch = torch.tensor(network_images)[:, None]  # a copy: predictions hold read-only arrays
        return batch.to(self.device).contiguous(memory_format=torch.channels_last)

    def _predict_prepared(
        self,
        network_image: npt.NDArray[np.float32],
        frames: Frames,
        blank_share: float,
        seconds: dict[str, float],
        report: Report,
        on_lungs: Callable[[LungsFound], None],
    ) -> Prediction:
        import torch

        from bsnet_core.model.resampling import resample

        side, backend = self.card.config.side_px, self._backend
        if backend is None:
            report(_("Scoring the six zones"), 0.2)
            with _timed(seconds, "score"):
                scores = self.zone_probabilities(network_image[None])[0]
            report(_("Done"), 1.0)
            nothing = np.zeros((side, side), dtype=np.float32)
            return self._prediction(frames, network_image, nothing, network_image, nothing, scores, seconds, ())
        with torch.inference_mode():
            batch = self._as_batch(network_image[None])
            report(_("Finding the lungs"), 0.15)
            with _timed(seconds, "segmentation"):
                seen = backend.find_lungs(batch)
                lungs = _to_numpy(seen.lung_probability[0, 0])
            if lungs_are_missing(lungs, frames):
                raise UnsuitableImageError(
                    _("No lungs were found in this picture. Choose a frontal chest radiograph to have it scored.")
                )
            report(_("Aligning the lungs"), 0.7)
            with _timed(seconds, "alignment"):
                alignment = backend.align(seen.lung_probability)
                frames = frames.with_alignment(_to_numpy(alignment[0]))
                aligned_image = _to_numpy(resample(batch, alignment)[0, 0])
                aligned_lungs = _to_numpy(resample(seen.lung_probability, alignment)[0, 0])
            lungs.setflags(write=False)
            on_lungs(LungsFound(frames, lungs))
            report(_("Scoring the six zones"), 0.75)
            with _timed(seconds, "score"):
                probabilities = self._scored(backend, seen, alignment)
            if self.card.config.mirror_averaging:
                report(_("Scoring the mirrored picture"), 0.85)
                with _timed(seconds, "mirrored"):
                    probabilities = self._mirrored_too(backend, batch, probabilities)
            scores = _to_numpy(probabilities[0])
        notes = quality_notes(lungs, frames, scores, blank_share=blank_share)
        report(_("Done"), 1.0)
        return self._prediction(frames, network_image, lungs, aligned_image, aligned_lungs, scores, seconds, notes)

    def _prediction(
        self,
        frames: Frames,
        network_image: npt.NDArray[np.float32],
        lungs: npt.NDArray[np.float32],
        aligned_image: npt.NDArray[np.float32],
        aligned_lungs: npt.NDArray[np.float32],
        scores: npt.NDArray[np.float32],
        seconds: Mapping[str, float],
        notes: tuple[str, ...],
    ) -> Prediction:
        for array in (network_image, lungs, aligned_image, aligned_lungs, scores):
            array.setflags(write=False)
        return Prediction(
            frames=frames,
            network_image=network_image,
            lung_probability=lungs,
            aligned_image=aligned_image,
            aligned_lung_probability=aligned_lungs,
            zone_probabilities=scores,
            attention=self.attention,
            model=self.identity,
            device=str(self.device),
            seconds={**seconds, "total": sum(seconds.values())},
            quality=notes,
            backend=self.backend,
        )


def choose_device(name: str = "auto") -> torch.device:
    """The torch device of a name; "auto" takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        UnforeseenError: this machine has no such device.
    """
    import torch

    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    if not available.get(name.split(":")[0], False):
        raise UnforeseenError(_("This machine has no device '{device}'. Choose auto or cpu.").format(device=name))
    return torch.device(name)


def _choose_backend(name: str, model: BSNet, card: ModelCard, device: torch.device) -> Backend:
    from bsnet_core.backends.admission import choose_backend

    if device.type != "cpu":
        if name in ACCELERATED_BACKENDS:
            raise UnforeseenError(
                _("The backend {backend} runs on the CPU only. Choose the device cpu, or the backend torch.").format(
                    backend=name
                )
            )
        name = TORCH
    return choose_backend(name, model, card.sha256)


def _choose_attention(card: ModelCard, requested: Attention | None) -> Attention:
    heads = card.config.attentions
    if requested is None:
        return Attention.ENSEMBLE if len(heads) > 1 else heads[0]
    if requested not in heads and not (requested is Attention.ENSEMBLE and len(heads) > 1):
        raise WeightsError(
            _("The model {model} has no '{head}' scoring head.").format(model=card.name, head=requested.value)
        )
    return requested


def _to_numpy(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    # A copy: the tensor may share memory that the next prediction writes to.
    return np.array(tensor.float().cpu().numpy(), dtype=np.float32)


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[step] = time.perf_counter() - start

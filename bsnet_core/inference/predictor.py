"""The predictor: a radiograph in, one frozen prediction out."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bsnet_core.backends import ACCELERATED_BACKENDS, AUTO, TORCH
from bsnet_core.device import choose_device
from bsnet_core.errors import UnforeseenError, UnsuitableImageError, WeightsError
from bsnet_core.frames import Frames
from bsnet_core.inference.content_check import ContentCheck, load_content_check
from bsnet_core.inference.content_findings import ContentFinding, naming_findings, reject_other_content, sentences_of
from bsnet_core.inference.input_check import reject_unsuitable
from bsnet_core.inference.prediction import LungsFound, ModelIdentity, Prediction
from bsnet_core.inference.quality import lungs_are_missing, quality_notes
from bsnet_core.language import translate as _
from bsnet_core.model.card import default_model_dir
from bsnet_core.model.network_config import Attention
from bsnet_core.preprocessing import preprocess
from bsnet_core.progress import Report, no_report
from bsnet_core.radiograph import Radiograph
from bsnet_core.standard_orientation import StandardOrientation

if TYPE_CHECKING:
    import torch

    from bsnet_core.backends.backend import Backend, SeenLungs
    from bsnet_core.model.baseline import Baseline
    from bsnet_core.model.bsnet import BSNet
    from bsnet_core.model.card import ModelCard

# torch is imported inside the functions: it takes seconds, and this module is imported long before a model is loaded.


def _no_listener(found: LungsFound) -> None:
    """Does nothing; for callers who wait for the whole result."""


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
        content_from: Path | None = None,
    ) -> None:
        """Takes a model as `bsnet_core.model.weights.load_model` gives it; `backend` as for `load`.

        `content_from` is the model folder whose content check looks at images before they are scored; None for none.

        Raises:
            WeightsError: the model has no head for `attention`, or the content check is damaged or belongs to others.
            UnforeseenError: the backend is not available, or not for this device or model.
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
        self._content: ContentCheck | None = None
        if content_from is not None and isinstance(self._model, BSNet):
            self._content = load_content_check(content_from, self._model, card.sha256)

    @property
    def model(self) -> BSNet | Baseline:
        """The network, in evaluation mode on `device`."""
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
                (`bsnet_core.inference.backend_comparison`), else torch.

        Raises:
            WeightsError: wrong or damaged files, or a head that the model does not have.
            UnforeseenError: the device or the backend is not available.
        """
        from bsnet_core.model.weights import load_model

        chosen = choose_device(device)
        folder = model_dir if model_dir is not None else default_model_dir()
        model, card = load_model(folder)
        return cls(model, card, chosen, attention, backend=backend, content_from=folder)

    def without_content_check(self) -> Predictor:
        """This predictor, but one that scores images whatever they show, such as lungs cut out of a radiograph."""
        other = copy.copy(self)
        other._content = None
        return other

    @property
    def backend(self) -> str:
        """The backend in use: "torch", "openvino" or "openvino-int8"."""
        return TORCH if self._backend is None else self._backend.name

    def predict(
        self,
        radiograph: Radiograph,
        report: Report = no_report,
        on_lungs: Callable[[LungsFound], None] = _no_listener,
    ) -> Prediction:
        """Segments, aligns and scores one radiograph.

        Args:
            radiograph: As loaded; the display window plays no part.
            report: Told the stage and the share done; may raise `Cancelled`.
            on_lungs: Told the lungs as soon as they are aligned.

        Raises:
            UnsuitableImageError: not a frontal chest radiograph (lateral view, other body part, colour photograph,
                something else by its content, no lungs found); its subclass NotAdultError if the file states an age
                under 18.
            Cancelled: `report` asked to stop.
            UnforeseenError: the machine failed, for instance by running out of memory.
        """
        try:
            return self._predict(radiograph, report, on_lungs)
        except (RuntimeError, MemoryError) as error:  # torch's own errors, such as out of memory, are RuntimeErrors
            raise UnforeseenError(
                _("The image could not be analysed: the network stopped with an error. The image can still be viewed.")
            ) from error

    def zone_probabilities(self, network_images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Runs the full network on prepared images.

        Args:
            network_images: (N, S, S) float32 in [0, 1].

        Returns:
            (N, 3, 2, 4) float32, by the predictor's attention.
        """
        return self._by_backend(self._backend, network_images)

    def reference_probabilities(self, network_images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Runs the full network in torch, whatever the backend: exact maps must not depend on what is admitted here.

        Arguments and result as for `zone_probabilities`.
        """
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
                    probabilities = self._mirror_averaged(backend, batch, probabilities)
            return np.asarray(probabilities.float().cpu().numpy())

    def _probabilities_of(self, backend: Backend, images: torch.Tensor) -> torch.Tensor:
        lungs = backend.find_lungs(images)
        return self._scored(backend, lungs, backend.align(lungs.lung_probability))

    def _scored(self, backend: Backend, lungs: SeenLungs, alignment: torch.Tensor) -> torch.Tensor:
        from bsnet_core.model.bsnet import zone_probabilities

        logits = backend.score(lungs, alignment, self.card.config.heads_of(self.attention))
        return zone_probabilities(logits, self.attention, self.card.config.temperature)

    def _mirror_averaged(self, backend: Backend, images: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
        """The mean with the mirrored image's probabilities, left and right lung exchanged back."""
        mirrored = self._probabilities_of(backend, images.flip(-1))
        return (probabilities + mirrored.flip(2)) / 2

    def _as_batch(self, network_images: npt.NDArray[np.float32]) -> torch.Tensor:
        import torch

        batch = torch.tensor(network_images)[:, None]  # a copy: predictions hold read-only arrays
        return batch.to(self.device).contiguous(memory_format=torch.channels_last)

    def _predict(self, radiograph: Radiograph, report: Report, on_lungs: Callable[[LungsFound], None]) -> Prediction:
        seconds: dict[str, float] = {}
        report(_("Checking the image"), 0.0)
        reject_unsuitable(radiograph)
        config, turn = self.card.config, StandardOrientation.of(radiograph.metadata.patient_orientation)
        findings: tuple[ContentFinding, ...] = ()
        if self._content is not None:
            with _timed(seconds, "content"):
                findings = self._content.look_at(radiograph.pixels, turn).findings
            reject_other_content(findings)
        report(_("Preparing the image"), 0.05)
        with _timed(seconds, "preprocess"):
            network_image, frames = preprocess(radiograph.pixels, config.side_px, config.aspect, turn)
        if self._backend is None:
            prediction = self._predict_by_baseline(network_image, frames, seconds, report)
        else:
            blank_share = float((radiograph.pixels == 0).mean())
            with naming_findings(findings):
                prediction = self._predict_in_steps(
                    self._backend, network_image, frames, blank_share, seconds, report, on_lungs
                )
        quality = (*sentences_of(findings), *prediction.quality)
        return replace(prediction, quality=quality, content=findings, repairs=radiograph.repairs)

    def _predict_by_baseline(
        self, network_image: npt.NDArray[np.float32], frames: Frames, seconds: dict[str, float], report: Report
    ) -> Prediction:
        """Scores the whole image at once: the baseline has neither lungs nor alignment."""
        report(_("Scoring the six zones"), 0.2)
        with _timed(seconds, "score"):
            scores = self.zone_probabilities(network_image[None])[0]
        report(_("Done"), 1.0)
        nothing = np.zeros_like(network_image)
        return self._prediction(frames, network_image, nothing, network_image, nothing, scores, seconds, ())

    def _predict_in_steps(
        self,
        backend: Backend,
        network_image: npt.NDArray[np.float32],
        frames: Frames,
        blank_share: float,
        seconds: dict[str, float],
        report: Report,
        on_lungs: Callable[[LungsFound], None],
    ) -> Prediction:
        """Finds the lungs, aligns them and scores the zones; reports between the steps."""
        import torch

        from bsnet_core.model.resampling import resample

        with torch.inference_mode():
            batch = self._as_batch(network_image[None])
            report(_("Finding the lungs"), 0.15)
            with _timed(seconds, "segmentation"):
                seen = backend.find_lungs(batch)
                lungs = _to_numpy(seen.lung_probability[0, 0])
            if lungs_are_missing(lungs, frames):
                raise UnsuitableImageError(
                    _("No lungs were found in this image. Choose a frontal chest radiograph to have it scored.")
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
                report(_("Scoring the mirrored image"), 0.85)
                with _timed(seconds, "mirrored"):
                    probabilities = self._mirror_averaged(backend, batch, probabilities)
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
            common_error=self.card.config.common_error,
        )


def _choose_backend(name: str, model: BSNet, card: ModelCard, device: torch.device) -> Backend:
    from bsnet_core.backends.choice import choose_backend

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

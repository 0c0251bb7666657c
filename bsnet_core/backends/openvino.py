"""OpenVINO on the CPU, in float32 or with the dense convolutions in int8.

The alignment stays in torch: it is tiny and sensitive to rounding. Nothing here opens a connection: the package
`openvino-telemetry`, which reports every import of OpenVINO, is never imported.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import importlib.util
import io
import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from bsnet_core.backends import OPENVINO, OPENVINO_INT8
from bsnet_core.backends.backend import SeenLungs
from bsnet_core.backends.converted import LUNG_FINDER, ZONE_SCORER, folder_of, is_converted, keep
from bsnet_core.errors import UnforeseenError
from bsnet_core.language import translate as _
from bsnet_core.loading import load_radiograph
from bsnet_core.model.backbone import STRIDES
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import Attention
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.preprocessing import preprocess
from bsnet_core.resources import sample_files

PACKAGES = {OPENVINO: ("openvino",), OPENVINO_INT8: ("openvino", "nncf")}
FLOAT_LAYERS = ("GroupConvolution",)
"""Kept in float: depth-wise convolutions lose most accuracy in int8 and gain next to no speed."""


def is_installed(backend: str) -> bool:
    """Whether the packages of a backend are installed."""
    return all(importlib.util.find_spec(package) is not None for package in PACKAGES[backend])


class OpenVinoBackend:
    """A converted network; made by `load`."""

    def __init__(self, name: str, model: BSNet, lung_finder: Any, zone_scorer: Any) -> None:
        self._name = name
        self._model = model
        self._lung_finder = lung_finder
        self._zone_scorer = zone_scorer

    @classmethod
    def load(cls, name: str, model: BSNet, weights_sha256: str) -> OpenVinoBackend:
        """Loads the converted network from the user's cache; converts it first if it is missing.

        Args:
            name: `OPENVINO` or `OPENVINO_INT8`.
            model: On the CPU, in evaluation mode.
            weights_sha256: Hash of its weights file.

        Raises:
            UnforeseenError: not installed.
            RuntimeError, OSError: OpenVINO failed, or the disk is full.
        """
        if not is_installed(name):
            raise UnforeseenError(
                _(
                    "The backend {backend} is not installed. Install the program with its extra 'accelerated', or "
                    "choose torch."
                ).format(backend=name)
            )
        folder = folder_of(name, weights_sha256)
        if not is_converted(folder):
            keep(folder, lambda target: convert(name, model, target))
        core = _openvino().Core()
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            # By default, CPUs with bfloat16 would use it for the layers in float.
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        }
        finder, scorer = (
            core.compile_model(core.read_model(folder / f"{part}.xml"), "CPU", settings)
            for part in (LUNG_FINDER, ZONE_SCORER)
        )
        return cls(name, model, finder, scorer)

    @property
    def name(self) -> str:
        """See `Backend`."""
        return self._name

    def find_lungs(self, images: Tensor) -> SeenLungs:
        """See `Backend`."""
        outputs = [_run(self._lung_finder, [image[None]]) for image in images]
        *features, probability = (torch.cat(maps) for maps in zip(*outputs, strict=True))
        return SeenLungs(features, probability)

    def align(self, probability: Tensor) -> Tensor:
        """See `Backend`."""
        return self._model.align(probability)

    def score(self, lungs: SeenLungs, alignment: Tensor, heads: Sequence[Attention]) -> dict[Attention, Tensor]:
        """See `Backend`; always computes all heads."""
        inputs = (*lungs.features[-len(STRIDES) :], lungs.lung_probability, alignment)
        outputs = [_run(self._zone_scorer, [part[[index]] for part in inputs]) for index in range(len(alignment))]
        logits = [torch.cat(parts) for parts in zip(*outputs, strict=True)]
        by_head = dict(zip(self._model.config.attentions, logits, strict=True))
        return {head: by_head[head] for head in heads}


class LungFinder(nn.Module):
    """From an image to the four feature levels and the lung probability."""

    def __init__(self, model: BSNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Args: images: (1, 1, S, S). Returns: four levels, finest first, and (1, 1, S, S)."""
        features = self.model.encode(images)
        return (*features[-len(STRIDES) :], lung_probability(self.model.segment(features)))


class ZoneScorer(nn.Module):
    """From feature levels, lung probability and alignment to the logits of every head."""

    def __init__(self, model: BSNet) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, finest: Tensor, fine: Tensor, coarse: Tensor, coarsest: Tensor, probability: Tensor, alignment: Tensor
    ) -> tuple[Tensor, ...]:
        """Args: as `LungFinder` and the alignment give them. Returns: (1, 3, 2, 4) per head."""
        logits = self.model.score((finest, fine, coarse, coarsest), probability, alignment)
        return tuple(logits[head] for head in self.model.config.attentions)


def convert(name: str, model: BSNet, folder: Path) -> None:
    """Writes a network in OpenVINO's format.

    In int8 the ranges of all layers are measured on the bundled samples and their mirror images; the zone scorer, small
    and last, stays in float.
    """
    openvino = _openvino()
    # Tracing needs the plain memory layout, and must not change the model in use.
    plain = copy.deepcopy(model).to(memory_format=torch.contiguous_format).eval()
    samples = [image[None, None] for image in _sample_images(model)]
    with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is deprecated, and constants in the trace are intended
        images = torch.tensor(samples[0])
        *levels, probability = LungFinder(plain)(images)
        finder = openvino.convert_model(_traced(LungFinder(plain), (images,)), example_input=images)
        finder.reshape(list(images.shape))
        inputs = (*levels, probability, plain.align(probability))
        scorer = openvino.convert_model(_traced(ZoneScorer(plain), inputs), example_input=inputs)
        scorer.reshape(dict(enumerate(list(part.shape) for part in inputs)))
        if name == OPENVINO_INT8:
            finder = _quantized(finder, samples)
    for part, converted in ((LUNG_FINDER, finder), (ZONE_SCORER, scorer)):
        openvino.save_model(converted, folder / f"{part}.xml", compress_to_fp16=False)


def _traced(module: nn.Module, inputs: tuple[Tensor, ...]) -> Any:
    # Traced here: OpenVINO would check the trace, which takes twenty times as long.
    return torch.jit.trace(module, inputs, check_trace=False)


def _sample_images(model: BSNet) -> list[npt.NDArray[np.float32]]:
    config = model.config
    images = [preprocess(load_radiograph(path).pixels, config.side_px, config.aspect)[0] for path in sample_files()]
    return [view for image in images for view in (image, np.ascontiguousarray(image[:, ::-1]))]


def _quantized(finder: Any, samples: Sequence[npt.NDArray[np.float32]]) -> Any:
    # NNCF draws progress bars on standard output, where results go.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        nncf = importlib.import_module("nncf")
        logging.getLogger("nncf").setLevel(logging.ERROR)
        return nncf.quantize(
            finder,
            nncf.Dataset(samples),
            subset_size=len(samples),
            preset=nncf.QuantizationPreset.MIXED,
            # validate=False: some encoders have no such layers
            ignored_scope=nncf.IgnoredScope(types=list(FLOAT_LAYERS), validate=False),
        )


def _openvino() -> Any:
    """OpenVINO without its telemetry.

    Importing OpenVINO reports that import to its makers, and converting reports more, both by `openvino_telemetry`.
    If that package cannot be imported, OpenVINO and NNCF use a stub of their own.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment] # Python's way to block an import
    return importlib.import_module("openvino")


def _run(compiled: Any, inputs: Sequence[Tensor]) -> list[Tensor]:
    results = compiled([np.ascontiguousarray(part.numpy()) for part in inputs])
    # Copies: the next call writes to the same memory.
    return [torch.from_numpy(np.array(results[index])) for index in range(len(compiled.outputs))]

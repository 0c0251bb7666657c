"""A prediction in few bytes, to have it again without the network: what follows from the image is computed again."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES
from bsnet_core.frames import Frames, centre_affine
from bsnet_core.inference.content_findings import ContentFinding, sentences_of
from bsnet_core.inference.input_check import reject_unsuitable
from bsnet_core.inference.prediction import ModelIdentity, Prediction
from bsnet_core.inference.quality import quality_notes
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import Attention
from bsnet_core.preprocessing import preprocess
from bsnet_core.radiograph import Radiograph
from bsnet_core.standard_orientation import StandardOrientation

MOST = np.float32(65535)
Map = npt.NDArray[np.float32]


def pack(prediction: Prediction) -> bytes:
    """The part of a prediction that only the network can compute: lungs, alignment and probabilities.

    Nothing in it names a patient or shows the image.
    """
    facts = {
        "content": [finding.value for finding in prediction.content],
        "attention": prediction.attention.value,
        "sha256": prediction.model.sha256,
        "device": prediction.device,
        "seconds": {step: float(value) for step, value in prediction.seconds.items()},
        "backend": prediction.backend,
    }
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        lungs=np.rint(prediction.lung_probability * MOST).astype(np.uint16),
        probabilities=prediction.zone_probabilities,
        alignment=prediction.frames.alignment,
        facts=np.frombuffer(json.dumps(facts).encode("utf-8"), dtype=np.uint8),
    )
    return packed.getvalue()


def unpack(packed: bytes, radiograph: Radiograph, card: ModelCard) -> Prediction:
    """The prediction of a radiograph again, with its notes in the language in use.

    Probabilities and alignment are as they were; the lung probability is rounded to 16 bits.

    Args:
        packed: From `pack`, of the same pixels.
        radiograph: As loaded.
        card: The card of the model that made the prediction.

    Raises:
        ValueError: the bytes are damaged, or of another image or model.
        UnsuitableImageError: by what its file states, the image must not be scored.
    """
    arrays, facts = _content_of(packed)
    reject_unsuitable(radiograph)
    turn = StandardOrientation.of(radiograph.metadata.patient_orientation)
    network_image, fitted = preprocess(radiograph.pixels, card.config.side_px, card.config.aspect, turn)
    try:
        if facts["sha256"] != card.sha256 or arrays["lungs"].shape != network_image.shape:
            raise ValueError("This prediction is of another model.")
        frames = fitted.with_alignment(arrays["alignment"])
        lungs = arrays["lungs"].astype(np.float32) / MOST
        scores = arrays["probabilities"].astype(np.float32).reshape(*GRID_SHAPE, N_CLASSES)
        findings = tuple(ContentFinding(code) for code in facts["content"])
        notes = sentences_of(findings)
        if lungs.any():  # a plain classifier has none, and no notes on them
            blank_share = float((radiograph.pixels == 0).mean())
            notes += quality_notes(lungs, frames, scores, blank_share=blank_share)
        aligned_image, aligned_lungs = _aligned(network_image, frames), _aligned(lungs, frames)
        for array in (network_image, lungs, aligned_image, aligned_lungs, scores):
            array.setflags(write=False)
        return Prediction(
            frames=frames,
            network_image=network_image,
            lung_probability=lungs,
            aligned_image=aligned_image,
            aligned_lung_probability=aligned_lungs,
            zone_probabilities=scores,
            attention=Attention(facts["attention"]),
            model=ModelIdentity(card.name, card.version, card.sha256),
            device=str(facts["device"]),
            seconds={str(step): float(value) for step, value in facts["seconds"].items()},
            quality=notes,
            backend=str(facts["backend"]),
            content=findings,
            repairs=radiograph.repairs,
            common_error=card.config.common_error,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("This prediction lacks something.") from error


def _content_of(packed: bytes) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("lungs", "probabilities", "alignment", "facts")}
        return arrays, dict(json.loads(arrays["facts"].tobytes()))
    except (OSError, EOFError, KeyError, TypeError, zipfile.BadZipFile, ValueError) as error:
        raise ValueError("These bytes are no prediction.") from error


def _aligned(image: Map, frames: Frames) -> Map:
    """A map of the network frame as the aligned frame shows it: bilinear, zeros outside."""
    # Imported here: only a prediction that is unpacked needs it.
    from scipy.ndimage import affine_transform

    columns_first = centre_affine(frames.aligned_to_network)
    rows_first = columns_first[::-1, [1, 0]]
    offset = columns_first[::-1, 2]
    resampled = affine_transform(image, rows_first, offset, order=1, mode="grid-constant")
    return np.asarray(resampled, dtype=np.float32)

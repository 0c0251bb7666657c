"""The content check: looks at the pixels of an image before it is scored, by a small head on the network's backbone.

It belongs to a model folder, in two files beside the weights; a folder without them has no content check.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bsnet_core.errors import WeightsError
from bsnet_core.inference.content_findings import ContentFinding
from bsnet_core.inference.content_image import Pixels, content_image, for_backbone, plain_statistics
from bsnet_core.inference.content_limits import ContentLimits
from bsnet_core.language import translate as _
from bsnet_core.standard_orientation import AS_STORED, StandardOrientation

if TYPE_CHECKING:
    from bsnet_core.model.bsnet import BSNet
    from bsnet_core.model.content_head import ContentHead

# torch is imported inside the functions, as in `predictor`.

CARD_NAME = "content-check.json"
WEIGHTS_NAME = "content-check.safetensors"
CARD_FORMAT = 1

_NOTED = ("INVERTED", "OVEREXPOSED", "UNDEREXPOSED", "BLURRED", "CUT_OFF", "SEVERAL", "SURROUNDED")
_OF_EXPOSURE = (ContentFinding.OVEREXPOSED, ContentFinding.UNDEREXPOSED)
_ROTATED = ("ROTATED_90", "UPSIDE_DOWN", "ROTATED_270")


@dataclass(frozen=True)
class ContentReport:
    """The result of the content check for one image.

    Attributes:
        findings: In order of weight; empty if nothing is wrong.
        probabilities: By the names of `ContentOutput` in small letters.
        distance: From the training images, to the nearest source; 1 at a typical one.
    """

    findings: tuple[ContentFinding, ...]
    probabilities: Mapping[str, float]
    distance: float


class ContentCheck:
    """A head with its limits, on the backbone of the model it was fitted to."""

    def __init__(self, model: BSNet, head: ContentHead, limits: ContentLimits) -> None:
        """Takes the model in evaluation mode; the head moves to its device."""
        self._model = model
        self._device = next(model.parameters()).device
        self._head = head.to(self._device).eval()
        self._limits = limits

    def look_at(self, pixels: Pixels, turn: StandardOrientation = AS_STORED) -> ContentReport:
        """Looks at one image.

        Args:
            pixels: (H, W) float32 in [0, 1], bone bright (`Radiograph.pixels`).
            turn: The turn into standard orientation.
        """
        import torch

        from bsnet_core.model.content_head import ContentOutput, content_features

        square = content_image(pixels, turn)
        with torch.inference_mode():
            image = torch.from_numpy(for_backbone(square))[None, None].to(self._device)
            statistics = torch.from_numpy(plain_statistics(square))[None].to(self._device)
            levels = self._model.encode(image.contiguous(memory_format=torch.channels_last))
            features = content_features(levels, statistics)
            values = self._head(features)[0].cpu().numpy()
            distance = float(self._head.distance(features)[0])
        probabilities = {output.name.lower(): float(values[output]) for output in ContentOutput}
        return ContentReport(findings_of(probabilities, distance, self._limits), probabilities, distance)


def findings_of(
    probabilities: Mapping[str, float], distance: float, limits: ContentLimits
) -> tuple[ContentFinding, ...]:
    """The findings that follow from probabilities and distance.

    The head has not learned whether rotated, blurred or incomplete images are mirrored, nor the exposure of inverted
    ones: of these nothing is said. The distance is noted only where nothing else explains it.
    """
    if probabilities["chest"] < limits.least_chest_scored:
        return (ContentFinding.NOT_CHEST,)
    findings = [ContentFinding.PERHAPS_NOT_CHEST] if probabilities["chest"] < limits.least_chest else []
    rotation = max(_ROTATED, key=lambda name: probabilities[name.lower()])
    if _is_over(rotation, probabilities, limits):
        findings.append(ContentFinding[rotation])
    findings += [ContentFinding[name] for name in _NOTED if _is_over(name, probabilities, limits)]
    if ContentFinding.INVERTED in findings:
        findings = [finding for finding in findings if finding not in _OF_EXPOSURE]
    if set(findings) <= {ContentFinding.INVERTED} and _is_over("MIRRORED", probabilities, limits):
        findings.append(ContentFinding.MIRRORED)
    if not findings and distance > limits.largest_distance:
        findings.append(ContentFinding.UNLIKE_TRAINING)
    return tuple(findings)


def save_content_check(
    folder: Path, head: ContentHead, limits: ContentLimits, model_sha256: str, about: Mapping[str, Any]
) -> None:
    """Writes a head and its card beside the model's weights, each file wholly or not at all.

    Args:
        folder: The model folder.
        head: In evaluation mode.
        limits: Chosen for it.
        model_sha256: Hash of the weights whose backbone the head was fitted to.
        about: Data and figures, as plain JSON values.
    """
    import torch
    from safetensors.torch import save

    state = {name: tensor.detach().cpu().contiguous() for name, tensor in head.state_dict().items()}
    content = save({name: tensor.to(torch.float16) for name, tensor in state.items()})
    card = {
        "format": CARD_FORMAT,
        "weights": {"file": WEIGHTS_NAME, "sha256": hashlib.sha256(content).hexdigest()},
        "model_sha256": model_sha256,
        "limits": limits.to_dict(),
        **about,
    }
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    for name, payload in ((WEIGHTS_NAME, content), (CARD_NAME, text.encode("utf-8"))):
        temporary = folder / f"{name}.tmp"
        temporary.write_bytes(payload)
        os.replace(temporary, folder / name)


def load_content_check(folder: Path, model: BSNet, model_sha256: str) -> ContentCheck | None:
    """The content check of a model folder; None if the folder has none.

    Args:
        folder: The model folder.
        model: Its model, in evaluation mode and on its device.
        model_sha256: Hash of the model's weights.

    Raises:
        WeightsError: a damaged file, or a check that was fitted to other weights.
    """
    path = folder / CARD_NAME
    if not path.exists():
        return None
    from safetensors import SafetensorError

    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        content = (folder / WEIGHTS_NAME).read_bytes()
        if card["format"] != CARD_FORMAT or hashlib.sha256(content).hexdigest() != card["weights"]["sha256"]:
            raise ValueError("the files do not belong together")
        limits = ContentLimits.from_dict(card["limits"])
        if card["model_sha256"] != model_sha256:
            raise WeightsError(
                _("The content check in {folder} was fitted to other weights. Fit it again, or delete {file}.").format(
                    folder=folder, file=CARD_NAME
                )
            )
        head = _head_from(content)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise WeightsError(
            _("The content check in {folder} is damaged. Reinstall the model.").format(folder=folder)
        ) from error
    return ContentCheck(model, head, limits)


def _head_from(content: bytes) -> ContentHead:
    from safetensors.torch import load

    from bsnet_core.model.content_head import ContentHead

    state = {name: tensor.float() for name, tensor in load(content).items()}
    distance_features, axes = state["axes"].shape
    head = ContentHead(len(state["mean"]), len(state["first.bias"]), distance_features, axes, len(state["centres"]))
    head.load_state_dict(state)
    return head


def _is_over(name: str, probabilities: Mapping[str, float], limits: ContentLimits) -> bool:
    return probabilities[name.lower()] > limits.most[name.lower()]

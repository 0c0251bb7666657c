"""Fits the content check's head to features, and its limits to other patients' images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from bsnet_core.inference.content_limits import ContentLimits
from bsnet_core.model.content_head import ROTATIONS, ContentHead, ContentOutput, distance_feature_count
from training.content_check.examples import AS_IT_IS, SLIGHTLY_CHANGED
from training.content_check.features import FeatureTable

HIDDEN = 96
AXES = 48
EPOCHS = 12
BATCH = 128
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 0.05
DROPOUT = 0.3
FEATURE_NOISE = 0.1
OTHER_WEIGHT = 3.0
"""Weight of an image that is no chest radiograph: there are far fewer of them."""
SHRINKAGE = 0.1
"""Share of the mean variance added to every direction's, so that rare directions do not rule the distance."""
FALSE_NOTES = 0.004
"""Share of the unaltered images that each output may note by mistake."""
FALSE_NOTES_CHANGED = 0.015
"""The share of slightly changed images."""
FALSE_REJECTIONS = 0.0005
LOWEST_LIMIT = 0.3
LARGEST_LIMIT = 0.995
HIGHEST_CHEST = 0.95
HIGHEST_REJECTION = 0.7
"""In any case, only a probability of a chest below this rejects."""
ROTATION_OUTPUTS = (ContentOutput.ROTATED_90, ContentOutput.UPSIDE_DOWN, ContentOutput.ROTATED_270)
ALONE = (
    ContentOutput.MIRRORED,
    ContentOutput.INVERTED,
    ContentOutput.OVEREXPOSED,
    ContentOutput.UNDEREXPOSED,
    ContentOutput.BLURRED,
    ContentOutput.CUT_OFF,
    ContentOutput.SEVERAL,
    ContentOutput.SURROUNDED,
)


def fit_head(table: FeatureTable, channels: tuple[int, ...], seed: int = 0) -> ContentHead:
    """The head fitted to all rows; the distance is that to unaltered and slightly changed images.

    Args:
        table: Radiographs, as they are and altered, and other images.
        channels: Of the backbone's four levels.
        seed: Of the first weights and of the order of the rows.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    known = table.of_kinds(AS_IT_IS, SLIGHTLY_CHANGED)
    sources = sorted(set(known.sources))
    features = torch.from_numpy(table.features)
    count = distance_feature_count(channels)
    head = ContentHead(features.shape[1], HIDDEN, count, AXES, len(sources))
    head.mean.copy_(features.mean(0))
    head.scale.copy_(1 / features.std(0).clamp_min(1e-3))
    _fit_distance(head, known, sources)
    standardised, labels = head.standardised(features), torch.from_numpy(table.labels)
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * (len(features) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for _epoch in range(EPOCHS):
        for rows in np.array_split(rng.permutation(len(features)), len(features) // BATCH + 1):
            noisy = standardised[rows] + FEATURE_NOISE * torch.randn(len(rows), features.shape[1])
            loss = _loss(head.logits(functional.dropout(noisy, DROPOUT)), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return head.eval()


def fit_limits(head: ContentHead, table: FeatureTable) -> ContentLimits:
    """Limits that note at most `FALSE_NOTES` of these unaltered images per output.

    Args:
        head: Fitted to other patients.
        table: Radiographs of patients that the head was not fitted to, as they are and slightly changed.
    """
    with torch.inference_mode():
        features = torch.from_numpy(table.features)
        probabilities, distances = head(features).numpy(), head.distance(features).numpy()
    is_changed = np.array(table.kinds) == SLIGHTLY_CHANGED
    limits = {output: _limit(probabilities[:, output], is_changed) for output in ALONE}
    rotated = _limit(probabilities[:, ROTATION_OUTPUTS].max(axis=1), is_changed)
    chest = probabilities[:, ContentOutput.CHEST]
    return ContentLimits(
        least_chest=min(float(np.quantile(chest, FALSE_NOTES)), HIGHEST_CHEST),
        least_chest_scored=min(float(np.quantile(chest, FALSE_REJECTIONS)), HIGHEST_REJECTION),
        most={output.name.lower(): limit for output, limit in limits.items()}
        | {output.name.lower(): rotated for output in ROTATION_OUTPUTS},
        largest_distance=float(np.quantile(distances, 1 - FALSE_NOTES)),
    )


def _limit(probabilities: npt.NDArray[np.float32], is_changed: npt.NDArray[np.bool_]) -> float:
    limit = np.quantile(probabilities[~is_changed], 1 - FALSE_NOTES)
    if is_changed.any():
        limit = max(limit, np.quantile(probabilities[is_changed], 1 - FALSE_NOTES_CHANGED))
    return float(np.clip(limit, LOWEST_LIMIT, LARGEST_LIMIT))


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    told = ~labels.isnan()
    weights = torch.where(labels[:, :1] == 0, OTHER_WEIGHT, 1.0).expand_as(labels)
    alone = told.clone()
    alone[:, ROTATIONS] = False
    binary = functional.binary_cross_entropy_with_logits(logits[alone], labels[alone], weights[alone])
    rotated = told[:, ContentOutput.AS_IT_SHOULD_BE]
    if not bool(rotated.any()):
        return binary
    which = labels[rotated][:, ROTATIONS].argmax(dim=1)
    return binary + 0.3 * functional.cross_entropy(logits[rotated][:, ROTATIONS], which)


def _fit_distance(head: ContentHead, known: FeatureTable, sources: list[str]) -> None:
    """Centres by source, and one covariance within the sources for all."""
    count = len(head.axes)
    part = head.standardised(torch.from_numpy(known.features))[:, :count]
    of_source = np.array(known.sources, dtype=object)
    centres = torch.stack([part[torch.from_numpy(of_source == source)].mean(0) for source in sources])
    within = part - centres[torch.tensor([sources.index(source) for source in known.sources])]
    variances, directions = torch.linalg.eigh(within.T @ within / len(within))
    variances, directions = variances.flip(0)[:AXES], directions.flip(1)[:, :AXES]
    head.axes.copy_(directions / (variances + SHRINKAGE * variances.mean()).sqrt())
    head.centres.copy_(centres @ head.axes)

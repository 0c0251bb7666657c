"""The images of the severity stage by what is known of them, and how many of each kind a batch takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from training.datasets.opacity_boxes import LungClass
from training.datasets.sample import Sample


class SeverityGroup(StrEnum):
    """Images of one kind of label."""

    LUNG_SCORES = "lung scores"
    """Extent and opacity of each lung."""
    NO_FINDING = "no finding"
    """Normal by text mining: weak."""
    NORMAL = "normal"
    """Normal by a radiologist."""
    NO_OPACITY = "no opacity"
    """Something else than an opacity, by a radiologist."""
    BOXES = "boxes"
    """Opacities in boxes."""
    BOTH_LUNGS = "both lungs"
    """Extent and opacity of both lungs together."""
    LESIONS = "lesions"
    """Opacities outlined."""
    UNLABELLED = "unlabelled"
    """No label that this stage uses: batch norm sees them."""


IN_BATCH = {
    SeverityGroup.LUNG_SCORES: 12,
    SeverityGroup.NO_FINDING: 4,
    SeverityGroup.NORMAL: 3,
    SeverityGroup.NO_OPACITY: 3,
    SeverityGroup.BOXES: 5,
    SeverityGroup.BOTH_LUNGS: 2,
    SeverityGroup.LESIONS: 2,
    SeverityGroup.UNLABELLED: 1,
}
"""Images of each group for every 32 of a batch. A source counts by what its labels say, not by its size."""

_CLASSES = {
    LungClass.NORMAL: SeverityGroup.NORMAL,
    LungClass.NO_OPACITY: SeverityGroup.NO_OPACITY,
    LungClass.OPACITY: SeverityGroup.BOXES,
}


def groups_of(sample: Sample) -> tuple[SeverityGroup, ...]:
    """The groups that an image belongs to: more than one if it has labels of several kinds."""
    groups = []
    if sample.lung_scores:
        groups.append(SeverityGroup.LUNG_SCORES)
    if sample.no_finding:
        groups.append(SeverityGroup.NO_FINDING)
    if sample.lung_class is not None:
        groups.append(_CLASSES[sample.lung_class])
    if sample.severity is not None:
        groups.append(SeverityGroup.BOTH_LUNGS)
    if sample.lesions is not None:
        groups.append(SeverityGroup.LESIONS)
    return tuple(groups) or (SeverityGroup.UNLABELLED,)


def rows_by_group(samples: Sequence[Sample], rows: Sequence[int]) -> dict[SeverityGroup, list[int]]:
    """The rows of each group that has any."""
    found: dict[SeverityGroup, list[int]] = {}
    for row in rows:
        for group in groups_of(samples[row]):
            found.setdefault(group, []).append(row)
    return {group: found[group] for group in SeverityGroup if group in found}


def images_in_batch(groups: Collection[SeverityGroup], batch_size: int) -> dict[SeverityGroup, int]:
    """Images of each of these groups in a batch of about `batch_size`, one at least."""
    whole = sum(IN_BATCH[group] for group in groups)
    return {group: max(1, round(IN_BATCH[group] * batch_size / whole)) for group in groups}

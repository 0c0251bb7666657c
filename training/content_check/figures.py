"""Figures of the content check on patients and sources that it was not fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from bsnet_core.inference.content_check import findings_of
from bsnet_core.inference.content_findings import ContentFinding
from bsnet_core.inference.content_limits import ContentLimits
from bsnet_core.model.content_head import ContentHead, ContentOutput
from training.content_check.examples import AS_IT_IS, OTHER, OUTPUT_OF
from training.content_check.features import FeatureTable
from training.images.alterations import Alteration


def content_figures(head: ContentHead, limits: ContentLimits, table: FeatureTable) -> dict[str, Any]:
    """Shares by kind, as plain JSON values.

    Args:
        head: Fitted to other patients and other sources.
        limits: Chosen on yet other patients.
        table: Unaltered radiographs, altered ones, and images of other things.

    Returns:
        `unaltered` by data set and in all: images, and shares noted or rejected; `altered` by kind: images, and shares
        noted or rejected, noted or rejected with the right reason, rejected; `other` by source and in all: images, and
        shares rejected, and noted or rejected.
    """
    all_findings = table_findings(head, limits, table)
    rows = list(zip(all_findings, table.sources, table.kinds, strict=True))
    unaltered = [(findings, source) for findings, source, kind in rows if kind == AS_IT_IS]
    other = [(findings, source) for findings, source, kind in rows if kind == OTHER]
    return {
        "unaltered": _by_source(unaltered),
        "altered": {
            kind.value: _of_alteration(kind, [findings for findings, _, of in rows if of == kind.value])
            for kind in Alteration
        },
        "other": _by_source(other),
    }


def table_findings(head: ContentHead, limits: ContentLimits, table: FeatureTable) -> list[tuple[ContentFinding, ...]]:
    """The findings in every row."""
    features = torch.from_numpy(table.features)
    with torch.inference_mode():
        probabilities, distances = head(features).numpy(), head.distance(features).numpy()
    return [
        findings_of({output.name.lower(): float(row[output]) for output in ContentOutput}, float(distance), limits)
        for row, distance in zip(probabilities, distances, strict=True)
    ]


def figure_lines(figures: dict[str, Any]) -> list[str]:
    """The figures as a table in Markdown."""
    lines = [
        "| images | number | noted or rejected | with the right reason | rejected |",
        "| --- | --- | --- | --- | --- |",
    ]
    for group in ("unaltered", "altered", "other"):
        for name, row in figures[group].items():
            shares = [row["noted"], row.get("right_reason"), row["rejected"]]
            cells = ["" if share is None else f"{share:.1%}" for share in shares]
            words = name if group == "altered" else f"{group}, {name}"
            lines.append(f"| {words} | {row['images']} | " + " | ".join(cells) + " |")
    return lines


def _by_source(rows: Sequence[tuple[tuple[ContentFinding, ...], str]]) -> dict[str, dict[str, float]]:
    sources = sorted({source for _, source in rows})
    groups = {name: [findings for findings, source in rows if source == name] for name in sources}
    groups["all"] = [findings for findings, _ in rows]
    return {name: _shares(findings) for name, findings in groups.items() if findings}


def _of_alteration(kind: Alteration, found: Sequence[tuple[ContentFinding, ...]]) -> dict[str, float]:
    right = {ContentFinding[OUTPUT_OF[kind].name], ContentFinding.NOT_CHEST}
    shares = _shares(found)
    return shares | {"right_reason": _share([bool(right & set(findings)) for findings in found])}


def _shares(found: Sequence[tuple[ContentFinding, ...]]) -> dict[str, float]:
    return {
        "images": len(found),
        "noted": _share([bool(findings) for findings in found]),
        "rejected": _share([ContentFinding.NOT_CHEST in findings for findings in found]),
    }


def _share(values: Sequence[bool]) -> float:
    return round(float(np.mean(values)), 4) if values else 0.0

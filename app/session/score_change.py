"""The change of the predicted score since a prior image of the same patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.session.open_image import OpenImage
from bsnet_core.brixia import ZONES, Zone


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """Current minus prior image.

    Attributes:
        zones: By zone, -3 to 3.
        total: Of the global score, -18 to 18.
    """

    zones: Mapping[Zone, int]
    total: int


def change_between(prior: OpenImage, current: OpenImage) -> ScoreChange | None:
    """The change of the predicted score; None unless both predictions may be seen and are of the same weights.

    Args:
        prior: As `Session.shown` gives it.
        current: Likewise.
    """
    if prior.score is None or current.score is None:
        return None
    made_by = [image.prediction.model.sha256 for image in (prior, current) if image.prediction is not None]
    if len(set(made_by)) > 1:
        return None
    zones = {zone: current.score[zone] - prior.score[zone] for zone in ZONES}
    return ScoreChange(zones, sum(zones.values()))

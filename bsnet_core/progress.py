"""How long work tells where it stands, and how it is told to stop."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str, float], None]
"""Called as `report(stage, fraction)`, fraction in [0, 1]. It raises `Cancelled` to stop the work."""


def no_report(stage: str, fraction: float) -> None:
    """A `Report` for callers who neither watch nor cancel."""

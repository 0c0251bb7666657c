"""The callable by which long work reports its progress and is stopped."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str, float], None]
"""Called as `report(stage, fraction)`, fraction in [0, 1]. It raises `Cancelled` to stop the work."""


def no_report(stage: str, fraction: float) -> None:
    """Does nothing; for callers who neither watch nor cancel."""

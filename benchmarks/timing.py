"""Comparing several ways to do one thing: in turns, so that other work of the machine affects all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        seconds: Median of all rounds.
        ratio: Seconds of the group's first row divided by these: over 1 is faster.
        note: Anything else worth knowing.
        fidelity: How close its result is to the first row's, where that matters.
    """

    what: str
    seconds: float
    ratio: float
    note: str = ""
    fidelity: str = ""


def compare(ways: Mapping[str, Callable[[], object]], rounds: int) -> list[Row]:
    """Rows in the order of `ways`; the others are compared with the first."""
    for way in ways.values():
        way()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    first = next(iter(medians.values()))
    return [Row(name, value, first / value) for name, value in medians.items()]

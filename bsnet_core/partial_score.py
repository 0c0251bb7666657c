"""Readings in which some zones could not be assessed, and what they have in common with whole Brixia scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bsnet_core.brixia import N_CLASSES, ZONES, BrixiaScore, Zone

NOT_ASSESSABLE = -1
"""The entry of a reader for a zone that cannot be assessed; only among entries, never in a score."""
SIGN = "×"
"""Stands for such a zone on the screen and in reports."""
LETTER = "x"
"""Stands for such a zone where a reading is written as six characters."""


@dataclass(frozen=True, slots=True)
class PartialScore:
    """A reading with at least one zone that could not be assessed; that zone is None.

    A zone may be hidden, for instance by an effusion, a device or the edge of the image. It has no score then, not
    even 0, and the global score is the sum of the others.
    """

    zones: tuple[int | None, ...]

    def __post_init__(self) -> None:
        scored = [score for score in self.zones if score is not None]
        if len(self.zones) != len(ZONES) or any(score not in range(N_CLASSES) for score in scored):
            raise ValueError(f"A partial score has six zones of 0 to 3 or None, got {self.zones}.")
        if len(scored) == len(ZONES):
            raise ValueError("A reading of all six zones is a BrixiaScore.")

    def __getitem__(self, zone: Zone) -> int | None:
        return self.zones[zone.value]

    def __str__(self) -> str:
        return "".join(LETTER if score is None else str(score) for score in self.zones)

    @property
    def total(self) -> int:
        """The sum of the assessed zones; `highest_total` says out of how much."""
        return sum(score for score in self.zones if score is not None)


ReadScore: TypeAlias = BrixiaScore | PartialScore
"""The score of a reading: all six zones, or some of them."""


def score_of_entries(entries: Mapping[Zone, int]) -> ReadScore:
    """The score of six entries, each 0 to 3 or `NOT_ASSESSABLE`.

    Raises:
        ValueError: an entry is missing, or is none of these.
    """
    if len(entries) != len(ZONES):
        raise ValueError(f"A reading has six zones, got {len(entries)}.")
    if NOT_ASSESSABLE not in entries.values():
        return BrixiaScore.from_values(entries[zone] for zone in ZONES)
    return PartialScore(tuple(None if entries[zone] == NOT_ASSESSABLE else entries[zone] for zone in ZONES))


def entries_of(score: ReadScore) -> dict[Zone, int]:
    """The six entries that give a score."""
    found = {zone: score[zone] for zone in ZONES}
    return {zone: NOT_ASSESSABLE if value is None else value for zone, value in found.items()}


def entry_text(entry: int | None) -> str:
    """A zone's entry or score as it is shown: its digit, or a sign for a zone that is not assessable."""
    return SIGN if entry is None or entry == NOT_ASSESSABLE else str(entry)


def shown_score(score: ReadScore) -> str:
    """The six characters of a score as they are shown to people."""
    return str(score).replace(LETTER, SIGN)


def read_score_from_text(text: str) -> ReadScore:
    """The score written as six characters, as `str` gives it.

    Raises:
        ValueError: it is not so written.
    """
    if LETTER not in text:
        return BrixiaScore.from_text(text)
    if any(character != LETTER and not (character.isascii() and character.isdigit()) for character in text):
        raise ValueError(f"A reading is written as six digits or {LETTER!r}, got {text!r}.")
    return PartialScore(tuple(None if character == LETTER else int(character) for character in text))


def assessed_zones(score: ReadScore) -> tuple[Zone, ...]:
    """The zones that have a score, in reading order."""
    return tuple(zone for zone in ZONES if score[zone] is not None)


def highest_total(score: ReadScore) -> int:
    """The highest global score that the assessed zones could have had: 18, or 3 less for each of the others."""
    return (N_CLASSES - 1) * len(assessed_zones(score))

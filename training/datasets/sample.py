"""One image of a data set, as every reader gives it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bsnet_core.brixia import BrixiaScore


class DataSetError(ValueError):
    """A data set that is not laid out as it should be; the text names the file, row or column."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An image file with whatever is known of it.

    Attributes:
        image: The picture.
        patient: Patient identifier, unique across data sets; splits never divide it.
        mask: Both lungs, non-zero inside, same size as the image.
        score: The reference reading (the senior radiologist's).
        second_score: Another radiologist's reading of the same image.
        no_finding: Text-mined as normal: a weak zero in all six zones.
    """

    image: Path
    patient: str
    mask: Path | None = None
    score: BrixiaScore | None = None
    second_score: BrixiaScore | None = None
    no_finding: bool = False

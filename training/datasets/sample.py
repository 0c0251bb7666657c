"""One image of a data set, as every reader gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bsnet_core.brixia import BrixiaScore
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count

LARGEST_EXTENT, LARGEST_OPACITY = 8, 6


class DataSetError(BSNetError):
    """A data set that is not laid out as it should be; the text names the file, row or column."""


class UnreadableFileError(DataSetError):
    """An image or a mask that cannot be read; the text names the file."""


class MaskSizeError(DataSetError):
    """A mask of another size than its image; the text names it."""


class ImageFormat(StrEnum):
    """How the pixels of an image file are read."""

    BY_CONTENT = "by content"
    """DICOM, JPEG, PNG or TIFF, told apart by the file itself."""
    JSRT = "JSRT"
    """The headerless files of the JSRT data base."""


@dataclass(frozen=True, slots=True)
class OpacityReading:
    """Scores of another scale (Cohen et al. 2020a), means of three raters.

    Attributes:
        extent: Geographic extent of opacity, both lungs, 0 to 8.
        opacity: Degree of opacity, both lungs, 0 to 6.
    """

    extent: float
    opacity: float

    def __post_init__(self) -> None:
        # Written so that NaN is refused as well.
        if not 0 <= self.extent <= LARGEST_EXTENT or not 0 <= self.opacity <= LARGEST_OPACITY:
            raise ValueError(f"Extent is 0 to 8 and opacity 0 to 6, got {self.extent} and {self.opacity}.")


@dataclass(frozen=True, slots=True)
class Sample:
    """An image file with whatever is known of it.

    Attributes:
        image: The picture.
        patient: Patient identifier, unique across data sets; splits never divide it.
        masks: Files whose union is both lungs, non-zero inside: one, or one per lung; empty if nobody outlined them.
        score: The reference reading (the senior radiologist's).
        second_score: Another radiologist's reading of the same image.
        consensus_score: What a panel agreed on: the gold standard of the paper's consensus set.
        no_finding: Text-mined as normal: a weak zero in all six zones.
        opacity: Extent and opacity on their own scales.
        published_test: Whether the publisher's division puts it into the test part; None where there is none.
        patient_known: False where the data set does not say whose image it is, so `patient` is the file.
        format: How to read the pixels.
    """

    image: Path
    patient: str
    masks: tuple[Path, ...] = ()
    score: BrixiaScore | None = None
    second_score: BrixiaScore | None = None
    consensus_score: BrixiaScore | None = None
    no_finding: bool = False
    opacity: OpacityReading | None = None
    published_test: bool | None = None
    patient_known: bool = True
    format: ImageFormat = ImageFormat.BY_CONTENT


def missing_files(sample: Sample) -> list[Path]:
    """Which of the sample's files are not there."""
    return [path for path in (sample.image, *sample.masks) if not path.is_file()]


def reject_missing_files(samples: Sequence[Sample]) -> None:
    """Readers name files without looking at them, so that a faulty one can be excluded; this looks.

    Raises:
        DataSetError: files are missing; the text names the first one.
    """
    missing = [path for sample in samples for path in missing_files(sample)]
    if len(missing) == 1:
        raise DataSetError(_("The file {path} is missing.").format(path=missing[0]))
    if missing:
        text = translate_count(
            "{count} file is missing, such as {path}. bsnet-train prepare names them all.",
            "{count} files are missing, such as {path}. bsnet-train prepare names them all.",
            len(missing),
        )
        raise DataSetError(text.format(count=len(missing), path=missing[0]))

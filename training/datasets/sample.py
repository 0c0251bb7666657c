"""One image of a data set, in the one form that every data set is loaded into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bsnet_core.brixia import BrixiaScore
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from training.datasets.lung_scores import LungScores
from training.datasets.opacity_boxes import LungClass, OpacityBox
from training.datasets.peer_predictions import PeerPredictions

LARGEST_EXTENT, LARGEST_OPACITY = 8, 6
LARGEST_SEVERITY = 8


class DataSetError(BSNetError):
    """A data set without its expected layout; the text names the file, row or column."""


class UnreadableFileError(DataSetError):
    """An image or a mask that cannot be loaded; the text names the file."""


class MaskSizeError(DataSetError):
    """A mask of another size than its image; the text names it."""


class ImageFormat(StrEnum):
    """The way in which the pixels of an image file are loaded."""

    BY_CONTENT = "by content"
    """DICOM, JPEG, PNG or TIFF, recognised by the file's content."""
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
        # Written so that NaN is rejected too.
        if not 0 <= self.extent <= LARGEST_EXTENT or not 0 <= self.opacity <= LARGEST_OPACITY:
            raise ValueError(f"Extent is 0 to 8 and opacity 0 to 6, got {self.extent} and {self.opacity}.")


@dataclass(frozen=True, slots=True)
class SeverityReading:
    """Extent and opacity on the scales of the COVID-Net severity table, means of three radiologists.

    Attributes:
        extent: Geographic extent of opacity, both lungs, 0 to 8.
        opacity: Degree of opacity, both lungs, 0 to 8; `OpacityReading` has another scale.
    """

    extent: float
    opacity: float

    def __post_init__(self) -> None:
        # Written so that NaN is rejected too.
        if not 0 <= self.extent <= LARGEST_SEVERITY or not 0 <= self.opacity <= LARGEST_SEVERITY:
            raise ValueError(f"Extent and opacity are 0 to 8, got {self.extent} and {self.opacity}.")


@dataclass(frozen=True, slots=True)
class Sample:
    """An image file with everything known about it.

    Attributes:
        image: The image file.
        patient: Patient identifier, unique across data sets; splits never divide it.
        masks: Mask files, non-zero inside the lungs: one for both lungs or one per lung; empty if there are none.
        score: The reference reading (the senior radiologist's).
        second_score: Another radiologist's reading of the same image.
        consensus_score: A panel's agreed reading: the gold standard of the paper's consensus set.
        no_finding: Whether text mining found the image normal: a weak label.
        opacity: Extent and opacity on their own scales.
        severity: Extent and opacity by other readers, again on their own scales.
        lung_scores: Extent and opacity of each lung, one entry per rater; empty if there are none.
        lung_class: A radiologist's class of the image.
        opacity_boxes: Boxes around its opacities, of an image of the class opacity.
        lesions: File of bit masks that outline lungs, disease and tubes (`load_lesion_outlines`).
        peers: Predictions of other networks.
        day: Time of the examination in days, to be compared within one patient only.
        published_test: Whether the publisher puts it into the test part; None if the publisher has no such division.
        patient_known: False if the data set does not name the patient, so that `patient` is the file's name.
        format: How to load the pixels.
    """

    image: Path
    patient: str
    masks: tuple[Path, ...] = ()
    score: BrixiaScore | None = None
    second_score: BrixiaScore | None = None
    consensus_score: BrixiaScore | None = None
    no_finding: bool = False
    opacity: OpacityReading | None = None
    severity: SeverityReading | None = None
    lung_scores: tuple[LungScores, ...] = ()
    lung_class: LungClass | None = None
    opacity_boxes: tuple[OpacityBox, ...] = ()
    lesions: Path | None = None
    peers: PeerPredictions | None = None
    day: float | None = None
    published_test: bool | None = None
    patient_known: bool = True
    format: ImageFormat = ImageFormat.BY_CONTENT

    @property
    def is_normal(self) -> bool:
        """Whether the image is known to show no disease, by text mining or by a radiologist."""
        return self.no_finding or self.lung_class is LungClass.NORMAL


def files_of(sample: Sample) -> list[Path]:
    """The sample's image, and the files of its masks and outlines."""
    return [sample.image, *sample.masks, *([sample.lesions] if sample.lesions else [])]


def missing_files(sample: Sample) -> list[Path]:
    """The sample's files that do not exist."""
    return [path for path in files_of(sample) if not path.is_file()]


def reject_missing_files(samples: Sequence[Sample]) -> None:
    """Checks that all files exist, which data sets do not check, so that a faulty one can be excluded.

    Raises:
        DataSetError: files are missing; the text names the first one.
    """
    missing = [path for sample in samples for path in missing_files(sample)]
    if len(missing) == 1:
        raise DataSetError(_("The file {path} is missing.").format(path=missing[0]))
    if missing:
        text = translate_count(
            "{count} file is missing: {path}.",
            "{count} files are missing, such as {path}. bsnet-train prepare lists them all.",
            len(missing),
        )
        raise DataSetError(text.format(count=len(missing), path=missing[0]))

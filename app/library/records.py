"""Data that goes into the library and comes out of it: frozen, and without any database object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from app.canvas.measuring import Annotation
from app.session.readings import Reading
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.inference.prediction import ModelIdentity, Prediction
from bsnet_core.language import translate as _
from bsnet_core.model.network_config import Attention
from bsnet_core.partial_score import ReadScore
from bsnet_core.radiograph import ImageMetadata
from bsnet_core.repair import RepairStep


class Event(StrEnum):
    """Kinds of entries in the audit log; the words are stored, so they never change."""

    OPENED = "opened"
    SAVED = "reading saved"
    SEEN = "prediction seen"
    REVEALED = "prediction revealed"
    EXPORTED = "exported"
    FORGOTTEN = "identities forgotten"


@dataclass(frozen=True, slots=True)
class SeenImage:
    """An image as it comes into the library.

    Attributes:
        metadata: From the file's header.
        path: The file.
        thumbnail: PNG bytes; empty if there is none.
        sha256: Hash of the file's bytes; identifies images without a SOP instance UID.
    """

    metadata: ImageMetadata
    path: Path
    thumbnail: bytes = b""
    sha256: str = ""

    def __post_init__(self) -> None:
        if not self.metadata.sop_instance_uid.strip() and not self.sha256:
            raise ValueError("An image without a SOP instance UID is told from others by its hash.")

    @property
    def identifier(self) -> str:
        """The identifier of the image: its SOP Instance UID, or the hash of its file."""
        uid = self.metadata.sop_instance_uid.strip()
        return f"uid:{uid}" if uid else f"sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class KeptImage:
    """An image in the library.

    Attributes:
        number: The image's number in the library; names nobody.
        patient_key: Common to all images of a patient, without naming the patient; empty if the patient is unknown.
        metadata: From the file's header, without identities if the library keeps none.
        path: The file where it was seen last; None if the library keeps no identities.
        thumbnail: PNG bytes; empty if there is none.
        first_seen_at, last_seen_at: In UTC.
    """

    number: int
    patient_key: str
    metadata: ImageMetadata
    path: Path | None
    thumbnail: bytes
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class KeptPrediction:
    """A prediction of the network, without its maps.

    Attributes:
        model: Name, version and hash of the weights.
        attention: Hard, soft or both.
        score: The six zone scores.
        probabilities: Six zones in reading order A-F, each with four class probabilities that sum to 1.
        mask_area_fraction: Share of the image covered by the lung mask, in [0, 1].
        quality: Codes of the quality notes.
        alignment: The spatial transformer's 2 × 3 matrix, row by row.
        device: Where the network ran.
        seconds: Duration by step.
        made_at: In UTC.
        software_version: The viewer's version.
    """

    model: ModelIdentity
    attention: Attention
    score: BrixiaScore
    probabilities: tuple[tuple[float, ...], ...]
    mask_area_fraction: float
    quality: tuple[str, ...]
    alignment: tuple[tuple[float, ...], ...]
    device: str
    seconds: Mapping[str, float]
    made_at: datetime
    software_version: str

    @classmethod
    def of(cls, prediction: Prediction, made_at: datetime, software_version: str) -> KeptPrediction:
        """The part of a prediction that is kept, its numbers rounded to their meaningful digits."""
        return cls(
            model=prediction.model,
            attention=prediction.attention,
            score=prediction.score,
            probabilities=tuple(
                tuple(round(float(share), 6) for share in prediction.probabilities_of(zone)) for zone in ZONES
            ),
            mask_area_fraction=round(prediction.mask_area_fraction, 6),
            quality=(*(RepairStep(step).sentence for step in prediction.repairs), *prediction.quality),
            alignment=tuple(tuple(round(float(value), 6) for value in row) for row in prediction.frames.alignment),
            device=prediction.device,
            seconds={step: round(float(value), 4) for step, value in prediction.seconds.items()},
            made_at=made_at,
            software_version=software_version,
        )

    @property
    def expected_values(self) -> tuple[float, ...]:
        """Mean class of each zone under its probabilities, 0 to 3."""
        return tuple(
            sum(score * share for score, share in enumerate(probabilities)) for probabilities in self.probabilities
        )

    @property
    def expected_total(self) -> float:
        """Sum of the expected values, 0 to 18."""
        return sum(self.expected_values)


@dataclass(frozen=True, slots=True)
class Draft:
    """A reading in progress, kept so that nothing is lost in a crash.

    Attributes:
        reader: Name of the reader.
        zones: Entries so far, 0 to 3 or `NOT_ASSESSABLE`.
        started_at: Time of the first key, in UTC.
        comment: The reader's words so far.
    """

    reader: str
    zones: Mapping[Zone, int]
    started_at: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class KeptAnnotations:
    """All measurements of a reader on an image at one moment; later ones supersede them.

    Attributes:
        reader: Name of the reader.
        items: The measurements in the order they were made; empty if the reader has deleted all of them.
        made_at: In UTC.
    """

    reader: str
    items: tuple[Annotation, ...]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the audit log.

    Attributes:
        at: In UTC.
        event: What was done.
        reader: Name of the reader who did it.
        image: Number of the image; None if the event concerns none or several.
        detail: More about the event, such as the kind of file written; never a patient's name or a path.
    """

    at: datetime
    event: Event
    reader: str
    image: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class PastImage:
    """An image with its latest results.

    Attributes:
        image: The image.
        prediction: Last prediction; None if there is none.
        readings: Last reading of each reader, oldest first.
    """

    image: KeptImage
    prediction: KeptPrediction | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Recalled:
    """All that the library knows of an image that is opened.

    Attributes:
        image: The image.
        draft: The reader's unsaved reading.
        readings: All saved readings, superseded ones too.
        predictions: All predictions, oldest first.
        seen_by: Readers who have seen a prediction of this image.
        annotations: Last measurements of each reader, the latest reader last.
    """

    image: KeptImage
    draft: Draft | None
    readings: tuple[Reading, ...]
    predictions: tuple[KeptPrediction, ...]
    seen_by: frozenset[str]
    annotations: tuple[KeptAnnotations, ...] = ()

    @property
    def prediction(self) -> KeptPrediction | None:
        """The last prediction."""
        return self.predictions[-1] if self.predictions else None


@dataclass(frozen=True, slots=True)
class ListedImage:
    """One row of the library's list.

    Attributes:
        image: The image.
        predicted_total: Global score of the last prediction.
        read_score, reader: The last reading's score, and its reader.
        readers: Everybody who has saved a reading.
        place, of_patient: Place among the listed images of the same patient, newest first, from 1; and their number.
        place_in_study: Place among the images of the same study, from 1.
    """

    image: KeptImage
    predicted_total: int | None
    read_score: ReadScore | None
    reader: str
    place: int
    of_patient: int
    place_in_study: int = 1
    readers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ImagePage:
    """A part of the list: `rows` from `offset` on, out of `total` matching images."""

    rows: tuple[ListedImage, ...]
    offset: int
    total: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A damaged library that was renamed, and replaced by a new one."""

    path: Path

    @property
    def sentence(self) -> str:
        """A message that says what happened and what to do."""
        return _(
            "The library was damaged. It has been quarantined as {name} in {folder}, and a new library was started. "
            "Recover the damaged library to save what is still intact."
        ).format(name=self.path.name, folder=self.path.parent)


@dataclass(frozen=True, slots=True)
class ForgottenIdentities:
    """Result of `Library.forget_identities`.

    Attributes:
        images: Number of images that named a patient before.
        still_naming: Quarantined libraries; the program never changes them, so the user has to delete them.
    """

    images: int
    still_naming: tuple[Path, ...]

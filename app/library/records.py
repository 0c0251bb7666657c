"""What goes into the library and what comes out of it: frozen data, no database object among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from app.canvas.measuring import Annotation
from app.session.readings import Reading
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.language import translate as _
from bsnet_core.model.network_config import Attention
from bsnet_core.prediction import ModelIdentity, Prediction
from bsnet_core.radiograph import ImageMetadata


class Event(StrEnum):
    """What the audit log tells of; stable words for those who read the file."""

    OPENED = "opened"
    SAVED = "reading saved"
    SEEN = "prediction seen"
    REVEALED = "prediction revealed"
    EXPORTED = "exported"
    FORGOTTEN = "identities forgotten"


@dataclass(frozen=True, slots=True)
class SeenImage:
    """A film as it comes into the library.

    Attributes:
        metadata: What the file says of itself.
        path: Where it lies.
        thumbnail: A small picture as PNG.
        sha256: Of the file's bytes; tells films apart that have no SOP instance UID.
    """

    metadata: ImageMetadata
    path: Path
    thumbnail: bytes = b""
    sha256: str = ""

    def __post_init__(self) -> None:
        if not self.metadata.sop_instance_uid.strip() and not self.sha256:
            raise ValueError("A film without a SOP instance UID is told from others by its hash.")

    @property
    def identifier(self) -> str:
        """What tells this film from all others."""
        uid = self.metadata.sop_instance_uid.strip()
        return f"uid:{uid}" if uid else f"sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class KeptImage:
    """One film as the library knows it.

    Attributes:
        number: Of the film within the library; names nobody.
        patient_key: The same for all films of a patient, and says nothing of who it is; empty where the file does
            not tell whose film it is.
        metadata: What the file said of itself, without what the library was told to keep out.
        path: Where the file was seen last; None where the library was told to keep no identities.
        thumbnail: PNG bytes; empty where there is none.
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
    """What the network said, without its maps.

    Attributes:
        probabilities: Six zones in reading order A-F, each with four class probabilities.
        mask_area_fraction: Share of the picture covered by the lung mask.
        alignment: The spatial transformer's 2 x 3 matrix, row by row.
        made_at: In UTC.
        software_version: Of the viewer.
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
        """What of a prediction is kept; numbers rounded to what they mean."""
        return cls(
            model=prediction.model,
            attention=prediction.attention,
            score=prediction.score,
            probabilities=tuple(
                tuple(round(float(share), 6) for share in prediction.probabilities_of(zone)) for zone in ZONES
            ),
            mask_area_fraction=round(prediction.mask_area_fraction, 6),
            quality=tuple(prediction.quality),
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
    """A reading in progress, kept so that a crash loses nothing of it.

    Attributes:
        zones: What has been entered so far.
        started_at: First key, in UTC.
    """

    reader: str
    zones: Mapping[Zone, int]
    started_at: datetime


@dataclass(frozen=True, slots=True)
class KeptAnnotations:
    """All measurements of a reader on a film, as they were at a moment; a later one supersedes it.

    Attributes:
        items: In the order they were made; none where the reader took all of them away.
        made_at: In UTC.
    """

    reader: str
    items: tuple[Annotation, ...]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the audit log.

    Attributes:
        image: Number of the film; None where the event concerns none or several.
        detail: What it was about, such as the kind of file written; never a patient's name and never a path.
    """

    at: datetime
    event: Event
    reader: str
    image: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class PastImage:
    """A film with the latest that was said of it.

    Attributes:
        prediction: The last one; None where there is none.
        readings: The last one of each reader, oldest first.
    """

    image: KeptImage
    prediction: KeptPrediction | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the library knows of a film that is opened.

    Attributes:
        draft: What the reader had entered without saving it.
        readings: All that were saved, superseded ones too.
        predictions: All of them, oldest first.
        seen_by: Readers before whom a prediction of this film has been on the screen.
        annotations: The last ones of each reader, the latest reader last.
    """

    image: KeptImage
    draft: Draft | None
    readings: tuple[Reading, ...]
    predictions: tuple[KeptPrediction, ...]
    seen_by: frozenset[str]
    annotations: tuple[KeptAnnotations, ...] = ()

    @property
    def prediction(self) -> KeptPrediction | None:
        """The last one."""
        return self.predictions[-1] if self.predictions else None


@dataclass(frozen=True, slots=True)
class ListedImage:
    """One row of the library's list.

    Attributes:
        predicted_total: Global score of the last prediction.
        read_total, reader: Global score of the last reading, and who read.
        place, of_patient: Which of how many listed films of the same patient this is, from 1; newest first.
        place_in_study: Which film of the same study this is, from 1.
    """

    image: KeptImage
    predicted_total: int | None
    read_total: int | None
    reader: str
    place: int
    of_patient: int
    place_in_study: int = 1


@dataclass(frozen=True, slots=True)
class ImagePage:
    """A part of the list: `rows` from `offset` on, of `total` that match."""

    rows: tuple[ListedImage, ...]
    offset: int
    total: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A damaged library that was kept under another name, while a new one was begun."""

    path: Path

    @property
    def sentence(self) -> str:
        """What happened, and what can be done."""
        return _(
            "The library was damaged. It is kept aside as {name} in {folder}, and a new one was begun. "
            "What can still be read of the old one can be exported."
        ).format(name=self.path.name, folder=self.path.parent)


@dataclass(frozen=True, slots=True)
class ForgottenIdentities:
    """What `forget_identities` did.

    Attributes:
        images: How many films were named before.
        still_naming: Damaged libraries kept aside, which the program does not write into: delete them yourself.
    """

    images: int
    still_naming: tuple[Path, ...]

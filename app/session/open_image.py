"""One open image and all that is known of it: what its file gave, what the network predicted, what readers scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.session.readings import IncompleteReadingError, Reading, last_reading_of
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.errors import BSNetError, UnsuitableImageError
from bsnet_core.inference.content_findings import ContentFinding, repair_for
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.partial_score import ReadScore, entries_of, score_of_entries
from bsnet_core.radiograph import ImageMetadata, Radiograph
from bsnet_core.repair import RepairStep
from bsnet_core.shown_texts import person_name

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction


RECALLED = ("draft", "draft_comment", "draft_started_at", "readings", "seen_by")
"""Fields of an image that the library adds to."""
TOUCHED_BY_DISEASE = frozenset({ContentFinding.PERHAPS_NOT_CHEST, ContentFinding.UNLIKE_TRAINING})
"""Findings of the content check that disease can cause, so that they are hidden from a blind reader."""


class ImageState(StrEnum):
    """The progress of loading and analysis."""

    WAITING = "waiting"
    LOADING = "loading"
    READY = "not analysed"
    ANALYSING = "analysing"
    ANALYSED = "analysed"
    NOT_SCORED = "not scored"
    UNREADABLE = "cannot be loaded"

    @property
    def words(self) -> str:
        """The state as the list shows it, in the language in use."""
        return {
            ImageState.WAITING: _("waiting"),
            ImageState.LOADING: _("loading"),
            ImageState.READY: _("not analysed"),
            ImageState.ANALYSING: _("analysing"),
            ImageState.ANALYSED: _("analysed"),
            ImageState.NOT_SCORED: _("not scored"),
            ImageState.UNREADABLE: _("cannot be loaded"),
        }[self]


@dataclass(frozen=True)
class Preview:
    """A file's metadata and a thumbnail (H, W) uint8, before all its pixels are loaded."""

    metadata: ImageMetadata
    thumbnail: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class OpenImage:
    """One open file and all that is known of it.

    Attributes:
        key: Number of the image within the session.
        thumbnail: (H, W) uint8; None until it is loaded.
        score: The network's latest score; it stays when `prediction` and its maps are dropped from memory.
        draft: The reader's entries that are not saved yet, 0 to 3 or `NOT_ASSESSABLE`; zones not entered are missing.
        draft_comment: The reader's comment that is not saved yet.
        draft_started_at: Time of the draft's first entry, in UTC; None without a draft.
        readings: Saved readings of all readers, oldest first.
        seen_by: Readers to whom the prediction has been shown.
        loading_notes: What its file contradicts itself in, from `Radiograph.loading_notes`.
        repairs: What was done to the image on request, from `Radiograph.repairs`.
        findings: What the content check says of the image itself, where its prediction is hidden.
        is_read_only: Whether zones can no longer be entered, because a finished reading list is looked at.
        problem: The reason for having no pixels or no score, in a sentence.
        rejection: The error behind `problem`, with its code.
    """

    key: int
    path: Path
    state: ImageState = ImageState.WAITING
    metadata: ImageMetadata = field(default_factory=ImageMetadata)
    thumbnail: npt.NDArray[np.uint8] | None = None
    score: BrixiaScore | None = None
    prediction: Prediction | None = None
    explanation: Explanation | None = None
    draft: dict[Zone, int] = field(default_factory=dict)
    draft_comment: str = ""
    draft_started_at: datetime | None = None
    readings: tuple[Reading, ...] = ()
    seen_by: frozenset[str] = frozenset()
    loading_notes: tuple[str, ...] = ()
    repairs: tuple[RepairStep, ...] = ()
    findings: tuple[ContentFinding, ...] = ()
    is_read_only: bool = False
    problem: str = ""
    rejection: BSNetError | None = None

    @property
    def title(self) -> str:
        """The patient's name, or the file's name where the file names nobody."""
        return person_name(self.metadata.patient_name) or self.path.name

    @property
    def is_loaded(self) -> bool:
        """Whether the file gave an image."""
        return self.state not in (ImageState.WAITING, ImageState.LOADING, ImageState.UNREADABLE)

    @property
    def state_before_analysis(self) -> ImageState:
        """The state that an image has again when its analysis is stopped."""
        if self.score is not None:
            return ImageState.ANALYSED
        return ImageState.NOT_SCORED if self.problem else ImageState.READY

    @property
    def offered_repair(self) -> tuple[RepairStep, ...]:
        """Steps that the content check offers; empty if it found nothing to repair."""
        if self.prediction is not None or self.findings:
            return repair_for(self.findings if self.prediction is None else self.prediction.content)
        steps = self.rejection.repair if isinstance(self.rejection, UnsuitableImageError) else ()
        return tuple(RepairStep(step) for step in steps)

    @property
    def entered_score(self) -> ReadScore | None:
        """The score of the draft once all six zones are entered."""
        return score_of_entries(self.draft) if len(self.draft) == len(ZONES) else None

    @property
    def read_score(self) -> ReadScore | None:
        """The score of a whole draft, else of the last saved reading."""
        if self.entered_score is not None or not self.readings:
            return self.entered_score
        return self.readings[-1].score

    @property
    def missing_zones(self) -> tuple[Zone, ...]:
        """Zones that the draft has no score for."""
        return tuple(zone for zone in ZONES if zone not in self.draft)

    def reading_of(self, reader: str) -> Reading | None:
        """A reader's last saved reading."""
        return last_reading_of(self.readings, reader)

    def own_entries(self, reader: str) -> dict[Zone, int]:
        """The entries of a reader: the draft, else the last saved reading; 0 to 3 or `NOT_ASSESSABLE` by zone."""
        saved = self.reading_of(reader) if not self.draft else None
        return dict(self.draft) if saved is None else entries_of(saved.score)

    def was_seen_by(self, reader: str) -> bool:
        """Whether the prediction has been shown to this reader; an unnamed reader could be anybody."""
        return reader in self.seen_by or "" in self.seen_by

    def draft_as_reading(
        self, reader: str, now: datetime, *, was_hidden: bool, displayed_at: datetime | None = None
    ) -> Reading:
        """The draft as a reading that is saved now.

        Args:
            reader: Name of the reader.
            now: In UTC.
            displayed_at: When the image came to the screen in this session; None if not known.
            was_hidden: Whether the prediction is hidden; the reading is blind only if this reader never saw it.

        Raises:
            IncompleteReadingError: a zone has no score yet.
        """
        if self.missing_zones:
            raise IncompleteReadingError(
                translate_count(
                    "Zone {zones} has no score yet. Enter it, then save.",
                    "Zones {zones} have no score yet. Enter them, then save.",
                    len(self.missing_zones),
                ).format(zones=", ".join(zone.name for zone in self.missing_zones))
            )
        started_at = min(self.draft_started_at or now, now)
        return Reading(
            reader=reader,
            score=score_of_entries(self.draft),
            started_at=started_at,
            saved_at=now,
            blind=was_hidden and not self.was_seen_by(reader),
            comment=self.draft_comment.strip(),
            displayed_at=displayed_at if displayed_at is not None and displayed_at <= started_at else None,
        )

    # Copies with something changed

    def with_radiograph(self, radiograph: Radiograph, thumbnail: npt.NDArray[np.uint8]) -> OpenImage:
        """The image with what its file gave."""
        state, problem = (self.state, self.problem) if self.is_loaded else (ImageState.READY, "")
        return replace(
            self,
            metadata=radiograph.metadata,
            thumbnail=thumbnail,
            state=state,
            problem=problem,
            loading_notes=radiograph.loading_notes,
            repairs=tuple(RepairStep(step) for step in radiograph.repairs),
        )

    def without_prediction(self) -> OpenImage:
        """The image as blind reading shows it: without its prediction and without others' readings.

        How the image lies and how it was exposed stays: whoever reads a mirrored image must know it.
        """
        found = self.findings if self.prediction is None else self.prediction.content
        findings = tuple(finding for finding in found if finding not in TOUCHED_BY_DISEASE)
        return replace(self, score=None, prediction=None, explanation=None, readings=(), findings=findings)

    def without_results(self) -> OpenImage:
        """The image as before its analysis; what readers entered stays."""
        nothing = replace(self, score=None, prediction=None, explanation=None)
        return replace(nothing, state=ImageState.READY, problem="", rejection=None)

    def with_draft(self, zones: Mapping[Zone, int | None], now: datetime, comment: str | None = None) -> OpenImage:
        """The image with some zones of the draft entered, or taken back where the score is None.

        Args:
            zones: The entries that change.
            now: The start of a new draft.
            comment: The draft's other comment; None if it stays.
        """
        merged = {**self.draft, **zones}
        draft = {zone: score for zone in ZONES if (score := merged.get(zone)) is not None}
        comment = self.draft_comment if comment is None else comment
        started_at = (self.draft_started_at or now) if draft or comment else None
        return replace(self, draft=draft, draft_comment=comment, draft_started_at=started_at)

    def with_recalled(
        self,
        draft: Mapping[Zone, int],
        readings: Iterable[Reading],
        seen_by: Iterable[str],
        draft_started_at: datetime | None,
        now: datetime,
        draft_comment: str = "",
    ) -> OpenImage:
        """The image with what an earlier session left; what this session has entered stays."""
        both = {**draft, **self.draft}
        merged = {zone: both[zone] for zone in ZONES if zone in both}
        started = [moment for moment in (self.draft_started_at, draft_started_at) if moment is not None]
        every = dict.fromkeys([*self.readings, *readings])
        comment = self.draft_comment or draft_comment
        return replace(
            self,
            draft=merged,
            draft_comment=comment,
            draft_started_at=min(started, default=now) if merged or comment else None,
            readings=tuple(sorted(every, key=lambda reading: reading.saved_at)),
            seen_by=self.seen_by | frozenset(seen_by),
        )

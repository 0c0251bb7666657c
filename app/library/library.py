"""The library of images, predictions and readings: one SQLite file in the user's data folder.

Used from one background thread at a time (`app.library.keeper`); several windows may use the same file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection, Engine

from app.library.copies import all_rows, copy_database, visible_rows, write_json_lines
from app.library.identities import PatientKeys, columns_of, forget_all
from app.library.opening import (
    empty_journal,
    file_identity,
    library_errors,
    open_database,
    quarantined_files,
    with_write_transactions,
)
from app.library.order import ListOrder
from app.library.queries import (
    history_of_patient,
    last_annotation_rows,
    listed_readings,
    page_of_images,
    recall_images,
    rows_of_images,
    was_seen_before,
)
from app.library.records import (
    Draft,
    Event,
    ForgottenIdentities,
    ImagePage,
    KeptAnnotations,
    KeptImage,
    KeptPrediction,
    LogEntry,
    PastImage,
    Quarantined,
    Recalled,
    SeenImage,
)
from app.library.rows import (
    annotations_of,
    draft_of,
    image_of,
    log_entry_of,
    prediction_of,
    reading_of,
    row_of_annotations,
    row_of_draft,
    row_of_log_entry,
    row_of_prediction,
    row_of_reading,
)
from app.library.samples import sample_identifiers
from app.library.schema import drafts, images, kept_annotations, log, predictions, readings
from app.session.readings import ListedReading, Reading
from app.session.visibility import Visibility
from bsnet_core.errors import LibraryBusyError, LibraryReplacedError
from bsnet_core.language import translate as _
from bsnet_core.radiograph import ImageMetadata

PAGE_SIZE = 100


class Library:
    """All images that were opened, with what was predicted and read of them, kept for good.

    Every method that writes returns once the disk has it; what fails raises a `LibraryError` and has changed nothing.
    """

    def __init__(self, engine: Engine, path: Path, *, keep_identity: bool, quarantined: Quarantined | None) -> None:
        """Use `open`."""
        self.path = path
        self.quarantined = quarantined
        self.keep_identity = keep_identity
        self._engine = engine
        self._write_engine = with_write_transactions(engine)
        self._file = file_identity(path)
        self._patient_keys = self._stored_or_made_keys()

    @classmethod
    def open(cls, path: Path, *, keep_identity: bool) -> Library:
        """Opens the library's file; makes it where there is none.

        Args:
            path: The SQLite file.
            keep_identity: Whether to keep names, patient IDs, birth dates, accession numbers and paths of files.
                If not, images seen from now on are kept without them. Older images lose them when they are seen
                again, or all at once by `forget_identities`.

        Returns:
            The library; its `quarantined` names a damaged file that had to be put away first.

        Raises:
            LibraryError: it cannot be used; the children of this class say why.
        """
        engine, quarantined = open_database(path)
        try:
            return cls(engine, path, keep_identity=keep_identity, quarantined=quarantined)
        except BaseException:
            engine.dispose()
            raise

    @property
    def quarantined_files(self) -> tuple[Path, ...]:
        """Damaged libraries quarantined beside this one, oldest first."""
        return quarantined_files(self.path)

    def close(self) -> None:
        """Closes the file."""
        self._engine.dispose()

    # Images

    def remember_image(
        self,
        metadata: ImageMetadata,
        path: Path,
        thumbnail: bytes = b"",
        *,
        sha256: str = "",
        at: datetime | None = None,
    ) -> KeptImage:
        """Adds one image or notes that it was seen again; see `SeenImage` and `remember_images`."""
        return self.remember_images([SeenImage(metadata, path, thumbnail, sha256)], at=at)[0]

    def remember_images(self, seen_images: Iterable[SeenImage], *, at: datetime | None = None) -> tuple[KeptImage, ...]:
        """Adds images or notes that they were seen again: all of them with one write to the disk, or none.

        Args:
            seen_images: The images, which may repeat.
            at: When they were seen; now if None.
        """
        seen_at = at if at is not None else datetime.now(UTC)
        changes = []
        for seen in seen_images:  # before the file is locked: the patients' keys take their time
            row = columns_of(seen.metadata, str(seen.path), seen.thumbnail, keep_identity=self.keep_identity)
            row |= {"patient_key": self.key_of(seen.metadata), "last_seen_at": seen_at}
            changes.append((row | {"identifier": seen.identifier, "first_seen_at": seen_at}, row))
        with self._write_transaction() as connection:
            numbers = [
                connection.execute(
                    insert(images)
                    .values(**new)
                    .on_conflict_do_update(index_elements=["identifier"], set_=row)
                    .returning(images.c.id)
                ).scalar_one()
                for new, row in changes
            ]
            of_images = sa.select(images).where(images.c.id.in_(numbers))
            kept = {row["id"]: image_of(row) for row in connection.execute(of_images).mappings()}
        return tuple(kept[number] for number in numbers)

    def image(self, number: int) -> KeptImage:
        """An image by its number.

        Raises:
            KeyError: there is none.
        """
        with self._read_transaction() as connection:
            row = connection.execute(sa.select(images).where(images.c.id == number)).mappings().first()
        if row is None:
            raise KeyError(number)
        return image_of(row)

    def images(
        self, text: str = "", *, order: ListOrder = ListOrder.LAST_OPENED, offset: int = 0, limit: int = PAGE_SIZE
    ) -> ImagePage:
        """A part of the list: images grouped by patient, newest study first, and within a patient by study.

        Args:
            text: Words that all occur in the patient's name or number, the date, description or file name, in any
                case.
            order: Order of the patients.
            offset: Number of rows before the page.
            limit: Highest number of rows on the page.
        """
        with self._read_transaction() as connection:
            return page_of_images(connection, text, order=order, offset=offset, limit=limit)

    def key_of(self, metadata: ImageMetadata) -> str:
        """The key that stands for the patient of an image in this library; empty if the file does not say who it is."""
        return self._patient_keys.of(metadata)

    def history_of_patient(self, key: str) -> tuple[PastImage, ...]:
        """All images of a patient with their latest prediction and readings, oldest first; none for the empty key."""
        if not key:
            return ()
        with self._read_transaction() as connection:
            return history_of_patient(connection, key)

    def recall(self, number: int, reader: str) -> Recalled:
        """All that is known of an image, for a reader who opens it.

        Raises:
            KeyError: there is no such image.
        """
        return self.recall_all([number], reader)[number]

    def recall_all(self, numbers: Sequence[int], reader: str) -> dict[int, Recalled]:
        """All that is known of images, by their numbers, for a reader who opens them; as of one moment."""
        with self._read_transaction() as connection:
            return recall_images(connection, numbers, reader)

    # Predictions and readings

    def add_prediction(self, number: int, prediction: KeptPrediction) -> bool:
        """Adds a prediction; whether it was new.

        A prediction equal to the image's last one, by the same weights and the same version, is not added: images are
        analysed again whenever they are opened.
        """
        row = row_of_prediction(prediction)
        compared = ("model_sha256", "attention", "score", "probabilities", "software_version")
        last = sa.select(predictions).where(predictions.c.study_id == number).order_by(predictions.c.id.desc()).limit(1)
        with self._write_transaction() as connection:
            before = connection.execute(last).mappings().first()
            if before is not None and all(before[name] == row[name] for name in compared):
                return False
            connection.execute(sa.insert(predictions).values(study_id=number, **row))
        return True

    def add_reading(self, number: int, reading: Reading) -> Reading:
        """Adds a reading, notes it in the audit log, and deletes the reader's draft; all of it, or nothing.

        A reading that is handed over twice is added once. Returns the reading as recorded: not blind if any window has
        shown the prediction to this reader before.
        """
        with self._write_transaction() as connection:
            if reading.blind and was_seen_before(connection, number, reading.reader, reading.saved_at):
                reading = replace(reading, blind=False)
            detail = "blind" if reading.blind else ""
            added = insert(readings).values(study_id=number, **row_of_reading(reading)).on_conflict_do_nothing()
            is_new = connection.execute(added).rowcount
            connection.execute(_delete_draft(number, reading.reader))
            if is_new:
                _add_to_log(connection, LogEntry(reading.saved_at, Event.SAVED, reading.reader, number, detail))
        return reading

    def predictions_of(self, number: int) -> tuple[KeptPrediction, ...]:
        """All predictions of an image, oldest first."""
        with self._read_transaction() as connection:
            return tuple(prediction_of(row) for row in rows_of_images(connection, predictions, [number]))

    def readings_of(self, number: int) -> tuple[Reading, ...]:
        """All readings of an image in the order they were added, superseded ones too."""
        with self._read_transaction() as connection:
            return tuple(reading_of(row) for row in rows_of_images(connection, readings, [number]))

    def listed_readings(self) -> tuple[ListedReading, ...]:
        """All readings, the superseded ones too, with their keys and the last prediction of their image."""
        with self._read_transaction() as connection:
            return listed_readings(connection, self._patient_keys, sample_identifiers())

    # Measurements

    def add_annotations(self, number: int, kept: KeptAnnotations) -> None:
        """Adds a reader's measurements on an image; they supersede that reader's earlier ones, which stay."""
        with self._write_transaction() as connection:
            connection.execute(sa.insert(kept_annotations).values(study_id=number, **row_of_annotations(kept)))

    def annotations_of(self, number: int) -> tuple[KeptAnnotations, ...]:
        """The last measurements of each reader on an image, the latest reader last."""
        with self._read_transaction() as connection:
            return tuple(annotations_of(row) for row in last_annotation_rows(connection, [number]))

    # Readings in progress

    def save_draft(self, number: int, draft: Draft) -> None:
        """Keeps a reading in progress; it replaces an earlier draft of the same reader and image."""
        row = row_of_draft(draft)
        statement = insert(drafts).values(study_id=number, reader=draft.reader, **row)
        with self._write_transaction() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=[drafts.c.study_id, drafts.c.reader], set_=row)
            )

    def clear_draft(self, number: int, reader: str) -> None:
        """Deletes a draft."""
        with self._write_transaction() as connection:
            connection.execute(_delete_draft(number, reader))

    def draft_of(self, number: int, reader: str) -> Draft | None:
        """The zones that a reader has entered for an image without saving them."""
        requested = sa.select(drafts).where(drafts.c.study_id == number, drafts.c.reader == reader)
        with self._read_transaction() as connection:
            row = connection.execute(requested).mappings().first()
        return None if row is None else draft_of(row)

    # The audit log

    def log(
        self, event: Event, reader: str, image: int | None = None, detail: str = "", *, at: datetime | None = None
    ) -> None:
        """Notes who did what, and when (now if None); `detail` holds neither a patient's name nor a path."""
        with self._write_transaction() as connection:
            _add_to_log(connection, LogEntry(at or datetime.now(UTC), event, reader, image, detail))

    def note_seen(self, number: int, reader: str, at: datetime) -> None:
        """Notes, once, that a reader has seen a prediction of this image."""
        if reader not in self.seen_by(number):
            self.log(Event.SEEN, reader, number, at=at)

    def seen_by(self, number: int) -> frozenset[str]:
        """Readers who have seen a prediction of this image."""
        return frozenset(entry.reader for entry in self.log_entries(number) if entry.event is Event.SEEN)

    def log_entries(self, number: int | None = None) -> tuple[LogEntry, ...]:
        """The audit log, oldest first: all of it, or what concerns one image."""
        requested = sa.select(log) if number is None else sa.select(log).where(log.c.study_id == number)
        with self._read_transaction() as connection:
            rows = connection.execute(requested.order_by(log.c.at, log.c.id)).mappings()
            return tuple(log_entry_of(row) for row in rows)

    # Privacy and copies

    def forget_identities(self, reader: str = "") -> ForgottenIdentities:
        """Takes names, numbers, birth dates, accession numbers and paths out of all images, and off the disk.

        Nothing else that is kept ever changes. Thumbnails of images with text burned in go as well. Priors still find
        each other, by the patient's key.

        Raises:
            LibraryBusyError: all is forgotten, but another window still uses the journal, which names patients.
        """
        with self._write_transaction() as connection:
            named = forget_all(connection)
            entry = LogEntry(datetime.now(UTC), Event.FORGOTTEN, reader, None, f"{named} studies")
            _add_to_log(connection, entry)
        if not empty_journal(self._engine, self.path):
            raise LibraryBusyError(
                _(
                    "The names were removed, but another window may still hold copies of them in the library's "
                    "journal file. Close that window, then try again."
                )
            )
        return ForgottenIdentities(named, quarantined_files(self.path))

    def copy_to(self, path: Path) -> None:
        """Writes a copy of the whole library as one SQLite file; see `copy_database`."""
        copy_database(self._engine, path)

    def export_json_lines(self, path: Path, visibility: Visibility) -> int:
        """Writes as JSON lines all that may be shown (see `visible_rows`); gives the number of images with gaps."""
        with self._read_transaction() as connection:
            rows = all_rows(connection)
        visible, hidden = visible_rows(rows, visibility)
        write_json_lines(path, visible)
        return hidden

    def _stored_or_made_keys(self) -> PatientKeys:
        with self._read_transaction() as connection:
            keys = PatientKeys.stored(connection)
        if keys is None:  # only a new library needs a transaction that writes, which waits for other windows
            with self._write_transaction() as connection:
                keys = PatientKeys.stored_or_made(connection)
        return keys

    @contextmanager
    def _read_transaction(self) -> Iterator[Connection]:
        self._reject_if_replaced()
        with library_errors(self.path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _write_transaction(self) -> Iterator[Connection]:
        self._reject_if_replaced()
        with library_errors(self.path), self._write_engine.begin() as connection:
            yield connection

    def _reject_if_replaced(self) -> None:
        """Raises where the file has lost its name: what is written into it would be lost as well."""
        if file_identity(self.path) != self._file:
            raise LibraryReplacedError(
                _("The library {path} was moved, deleted or replaced while it was open.").format(path=self.path)
            )


def _delete_draft(number: int, reader: str) -> sa.Delete:
    return sa.delete(drafts).where(drafts.c.study_id == number, drafts.c.reader == reader)


def _add_to_log(connection: Connection, entry: LogEntry) -> None:
    connection.execute(sa.insert(log).values(**row_of_log_entry(entry)))

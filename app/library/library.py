"""The library of studies, predictions and readings: one SQLite file in the user's data folder.

Used from one background thread at a time (`app.library.keeper`); several windows may use the same file.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection, Engine, RowMapping

from app.library.opening import in_words, open_database, quarantined_files, writing
from app.library.order import ListOrder
from app.library.patients import (
    FORMER_KEY_COST,
    KEY_COST,
    SALT_BYTES,
    patient_key,
    patient_of,
    searchable,
    without_identity,
)
from app.library.records import (
    Draft,
    Event,
    ForgottenIdentities,
    ImagePage,
    KeptAnnotations,
    KeptImage,
    KeptPrediction,
    ListedImage,
    LogEntry,
    PastImage,
    Quarantined,
    Recalled,
    SeenImage,
)
from app.library.rows import (
    annotations_of,
    described,
    draft_of,
    image_of,
    model_of,
    prediction_of,
    reading_of,
    row_of_annotations,
    row_of_prediction,
)
from app.library.schema import all_tables, drafts, images, kept_annotations, log, predictions, properties, readings
from app.session.readings import ComparedReading, Reading
from bsnet_core.brixia import BrixiaScore
from bsnet_core.errors import LibraryBusyError, LibraryReplacedError
from bsnet_core.language import translate as _
from bsnet_core.radiograph import ImageMetadata

T = TypeVar("T")
PAGE_SIZE = 100
LAST_OF_ALL = "\U0010ffff"
"""Sorts behind every name."""


class Library:
    """Everything that was read and predicted, kept for good.

    Every method that writes returns once the disk has it; what fails raises a `LibraryError` and has changed nothing.
    """

    def __init__(self, engine: Engine, path: Path, *, keep_identity: bool, quarantined: Quarantined | None) -> None:
        """Use `open`."""
        self.path = path
        self.quarantined = quarantined
        self.keep_identity = keep_identity
        self._engine = engine
        self._writer = writing(engine)
        self._file = _identity_of(path)
        self._patient_keys: dict[str, str] = {}
        self._salt, self._key_cost = self._read_or_make_salt()

    @classmethod
    def open(cls, path: Path, *, keep_identity: bool) -> Library:
        """Opens the file, or begins it.

        Args:
            path: Of the SQLite file.
            keep_identity: Whether names, patient numbers, birth dates, accession numbers and paths of the files are
                kept. Where not, films seen from now on are kept without them, films already there are stripped of
                them when they are seen again, and all at once by `forget_identities`.

        Returns:
            The library; its `quarantined` says whether a damaged file had to be put away first.

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
        """Damaged libraries put away beside this one, oldest first."""
        return quarantined_files(self.path)

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()

    # Films

    def remember_image(
        self,
        metadata: ImageMetadata,
        path: Path,
        thumbnail: bytes = b"",
        *,
        sha256: str = "",
        at: datetime | None = None,
    ) -> KeptImage:
        """Takes a film in, or notes that it was seen again.

        Args:
            metadata: What the file says of itself.
            path: Where it lies.
            thumbnail: A small picture as PNG.
            sha256: Of the file's bytes; tells films apart that have no SOP instance UID.
            at: When it was seen; now if None.
        """
        return self.remember_images([SeenImage(metadata, path, thumbnail, sha256)], at=at)[0]

    def remember_images(self, seen_images: Iterable[SeenImage], *, at: datetime | None = None) -> tuple[KeptImage, ...]:
        """Takes films in, or notes that they were seen again: all of them with one write to the disk, or none."""
        seen_at = at if at is not None else datetime.now(UTC)
        changes = []
        for seen in seen_images:  # before the file is locked: the patients' keys take their time
            row = self._row_of(seen.metadata, str(seen.path), seen.thumbnail)
            row |= {"patient_key": self.key_of(seen.metadata), "last_seen_at": seen_at}
            changes.append((row | {"identifier": seen.identifier, "first_seen_at": seen_at}, row))
        with self._writing() as connection:
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
        """A film by its number.

        Raises:
            KeyError: there is none.
        """
        with self._reading() as connection:
            row = connection.execute(sa.select(images).where(images.c.id == number)).mappings().first()
        if row is None:
            raise KeyError(number)
        return image_of(row)

    def images(
        self, text: str = "", *, order: ListOrder = ListOrder.LAST_OPENED, offset: int = 0, limit: int = PAGE_SIZE
    ) -> ImagePage:
        """A part of the list: films of a patient together, newest study first, and those of a study together.

        Args:
            text: Words that all occur in patient, number, date, description or file name, in any case.
            order: Of the patients.
            offset: How many rows to leave out.
            limit: How many rows to give at most.
        """
        known = (
            images.c.id,
            images.c.patient_key,
            images.c.study_date,
            images.c.study_time,
            images.c.last_seen_at,
            images.c.facts["patient_name"].as_string().label("name"),
            images.c.facts["study_uid"].as_string().label("study_uid"),
            images.c.facts["series_uid"].as_string().label("series_uid"),
        )
        found = sa.select(*known)
        for word in searchable(text).split():
            found = found.where(images.c.searched.contains(word, autoescape=True))
        matching = found.subquery()
        alone = "film " + sa.cast(matching.c.id, sa.Text)
        patient = sa.case((matching.c.patient_key != "", matching.c.patient_key), else_=alone)
        image = patient + sa.case((matching.c.study_uid != "", matching.c.study_uid), else_=alone)
        dated = sa.select(
            matching,
            patient.label("patient"),
            image.label("study"),
            sa.func.max(matching.c.study_date + matching.c.study_time).over(partition_by=image).label("study_at"),
        ).subquery()
        of_patient = (dated.c.study_at.desc(), dated.c.study, dated.c.series_uid, dated.c.id)
        grouped = sa.select(
            dated.c.id,
            sa.func.count().over(partition_by=dated.c.patient).label("of_patient"),
            sa.func.row_number().over(partition_by=dated.c.patient, order_by=of_patient).label("place"),
            sa.func.row_number().over(partition_by=dated.c.study, order_by=of_patient).label("place_in_study"),
            _rank(order, dated).label("rank"),
            sa.func.max(dated.c.last_seen_at).over(partition_by=dated.c.patient).label("patient_seen_at"),
            dated.c.patient,
        ).subquery()
        places = (grouped.c.rank, grouped.c.patient_seen_at.desc(), grouped.c.patient, grouped.c.place)
        # Pictures and scores are looked up for the page alone, not for all films that were put in order.
        chosen = sa.select(grouped).order_by(*places).limit(limit).offset(offset).subquery()
        predicted = _latest(predictions, predictions.c.total, chosen.c.id)
        read, reader = (_latest(readings, column, chosen.c.id) for column in (readings.c.total, readings.c.reader))
        page = (
            sa.select(
                images,
                chosen.c.of_patient,
                chosen.c.place,
                chosen.c.place_in_study,
                predicted.label("predicted"),
                read.label("read"),
                reader.label("reader"),
            )
            .join(chosen, chosen.c.id == images.c.id)
            .order_by(chosen.c.rank, chosen.c.patient_seen_at.desc(), chosen.c.patient, chosen.c.place)
        )
        with self._reading() as connection:
            total = connection.execute(sa.select(sa.func.count()).select_from(matching)).scalar_one()
            rows = connection.execute(page).mappings().all()
        listed = (
            ListedImage(
                image=image_of(row),
                predicted_total=row["predicted"],
                read_total=row["read"],
                reader=row["reader"] or "",
                place=row["place"],
                of_patient=row["of_patient"],
                place_in_study=row["place_in_study"],
            )
            for row in rows
        )
        return ImagePage(tuple(listed), offset, total)

    def key_of(self, metadata: ImageMetadata) -> str:
        """The key that stands for a film's patient in this library; empty where the file does not tell whose it is."""
        patient = patient_of(metadata)
        if patient not in self._patient_keys:
            self._patient_keys[patient] = patient_key(patient, self._salt, self._key_cost)
        return self._patient_keys[patient]

    def history_of_patient(self, key: str) -> tuple[PastImage, ...]:
        """All films of a patient with what was said of them, oldest first; none for the empty key."""
        if not key:
            return ()
        of_patient = sa.select(images).where(images.c.patient_key == key)
        by_date = of_patient.order_by(images.c.study_date, images.c.study_time, images.c.id)
        with self._reading() as connection:
            past = [image_of(row) for row in connection.execute(by_date).mappings()]
            numbers = [kept.number for kept in past]
            predicted = {row["study_id"]: prediction_of(row) for row in _rows_of(connection, predictions, numbers)}
            read: dict[int, dict[str, Reading]] = {number: {} for number in numbers}
            for row in _rows_of(connection, readings, numbers):
                _supersede(read[row["study_id"]], reading_of(row))
        return tuple(PastImage(kept, predicted.get(kept.number), tuple(read[kept.number].values())) for kept in past)

    # What was said of a film

    def add_prediction(self, number: int, prediction: KeptPrediction) -> bool:
        """Adds a prediction; whether it was new.

        One that says exactly what the last one of the same film said, by the same weights and the same version, adds
        nothing: films are analysed again whenever they are opened.
        """
        row = row_of_prediction(prediction)
        compared = ("model_sha256", "attention", "score", "probabilities", "software_version")
        last = sa.select(predictions).where(predictions.c.study_id == number).order_by(predictions.c.id.desc()).limit(1)
        with self._writing() as connection:
            before = connection.execute(last).mappings().first()
            if before is not None and all(before[name] == row[name] for name in compared):
                return False
            connection.execute(sa.insert(predictions).values(study_id=number, **row))
        return True

    def add_reading(self, number: int, reading: Reading) -> None:
        """Adds a reading, notes it in the audit log, and takes away the draft it grew from, all or nothing.

        Handing the same reading over again, after a failure for instance, is no second reading.
        """
        row = {
            "study_id": number,
            "reader": reading.reader,
            "score": str(reading.score),
            "total": reading.score.total,
            "started_at": reading.started_at,
            "saved_at": reading.saved_at,
            "blind": reading.blind,
        }
        detail = "blind" if reading.blind else ""
        with self._writing() as connection:
            added = connection.execute(insert(readings).values(**row).on_conflict_do_nothing()).rowcount
            connection.execute(_without_draft(number, reading.reader))
            if added:
                _log(connection, LogEntry(reading.saved_at, Event.SAVED, reading.reader, number, detail))

    def predictions_of(self, number: int) -> tuple[KeptPrediction, ...]:
        """All predictions of a film, oldest first."""
        with self._reading() as connection:
            return tuple(prediction_of(row) for row in _rows_of(connection, predictions, [number]))

    def readings_of(self, number: int) -> tuple[Reading, ...]:
        """All readings of a film in the order they were added, superseded ones too."""
        with self._reading() as connection:
            return tuple(reading_of(row) for row in _rows_of(connection, readings, [number]))

    def compared_readings(self) -> tuple[ComparedReading, ...]:
        """The last reading of each reader and film beside the last prediction of that film, oldest film first."""
        newest = sa.select(sa.func.max(predictions.c.id)).group_by(predictions.c.study_id)
        pairs = (
            sa.select(
                readings,
                images.c.study_date,
                predictions.c.score.label("predicted"),
                predictions.c.model_name,
                predictions.c.model_version,
                predictions.c.model_sha256,
            )
            .join(predictions, predictions.c.study_id == readings.c.study_id)
            .join(images, images.c.id == readings.c.study_id)
            .where(predictions.c.id.in_(newest))
            .order_by(readings.c.study_id, readings.c.id)
        )
        last: dict[tuple[int, str], tuple[RowMapping, Reading]] = {}
        with self._reading() as connection:
            for row in connection.execute(pairs).mappings():
                of_reader, reading = (row["study_id"], row["reader"]), reading_of(row)
                if of_reader not in last or reading.saved_at >= last[of_reader][1].saved_at:
                    last[of_reader] = (row, reading)
        return tuple(
            ComparedReading(
                image=_label(row["study_id"], row["study_date"]),
                study_date=row["study_date"],
                reading=reading,
                predicted=BrixiaScore.from_text(row["predicted"]),
                model=model_of(row),
            )
            for row, reading in last.values()
        )

    def recall(self, number: int, reader: str) -> Recalled:
        """What is known of a film, for a reader who opens it.

        Raises:
            KeyError: there is no such film.
        """
        return self.recall_all([number], reader)[number]

    def recall_all(self, numbers: Sequence[int], reader: str) -> dict[int, Recalled]:
        """What is known of films, for a reader who opens them; a few questions for all of them, as of one moment."""
        of_reader = sa.select(drafts).where(drafts.c.study_id.in_(numbers), drafts.c.reader == reader)
        seen = sa.select(log.c.study_id, log.c.reader).where(
            log.c.study_id.in_(numbers), log.c.event == Event.SEEN.value
        )
        with self._reading() as connection:
            kept = connection.execute(sa.select(images).where(images.c.id.in_(numbers))).mappings().all()
            in_progress = {row["study_id"]: draft_of(row) for row in connection.execute(of_reader).mappings()}
            said = _by_image(_rows_of(connection, predictions, numbers), prediction_of)
            read = _by_image(_rows_of(connection, readings, numbers), reading_of)
            measured = _by_image(connection.execute(_last_annotations(numbers)).mappings(), annotations_of)
            seen_by = _by_image(connection.execute(seen).mappings(), lambda row: str(row["reader"]))
        return {
            row["id"]: Recalled(
                image=image_of(row),
                draft=in_progress.get(row["id"]),
                readings=tuple(read[row["id"]]),
                predictions=tuple(said[row["id"]]),
                seen_by=frozenset(seen_by[row["id"]]),
                annotations=tuple(measured[row["id"]]),
            )
            for row in kept
        }

    # Measurements

    def add_annotations(self, number: int, kept: KeptAnnotations) -> None:
        """Adds what a reader has measured on a film by now; what was there before is superseded and stays."""
        with self._writing() as connection:
            connection.execute(sa.insert(kept_annotations).values(study_id=number, **row_of_annotations(kept)))

    def annotations_of(self, number: int) -> tuple[KeptAnnotations, ...]:
        """The last measurements of each reader on a film, the latest reader last."""
        with self._reading() as connection:
            rows = connection.execute(_last_annotations([number])).mappings().all()
        return tuple(annotations_of(row) for row in rows)

    # Readings in progress

    def save_draft(self, number: int, draft: Draft) -> None:
        """Keeps a reading in progress; an earlier draft of the same reader and film goes."""
        row = {"zones": {zone.name: score for zone, score in draft.zones.items()}, "started_at": draft.started_at}
        statement = insert(drafts).values(study_id=number, reader=draft.reader, **row)
        with self._writing() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=[drafts.c.study_id, drafts.c.reader], set_=row)
            )

    def clear_draft(self, number: int, reader: str) -> None:
        """Takes a draft away."""
        with self._writing() as connection:
            connection.execute(_without_draft(number, reader))

    def draft_of(self, number: int, reader: str) -> Draft | None:
        """What a reader had entered of a film without saving it."""
        requested = sa.select(drafts).where(drafts.c.study_id == number, drafts.c.reader == reader)
        with self._reading() as connection:
            row = connection.execute(requested).mappings().first()
        return None if row is None else draft_of(row)

    # The audit log

    def log(
        self, event: Event, reader: str, image: int | None = None, detail: str = "", *, at: datetime | None = None
    ) -> None:
        """Notes who did what, and when (now if None); `detail` holds neither a patient's name nor a path."""
        moment = at if at is not None else datetime.now(UTC)
        with self._writing() as connection:
            _log(connection, LogEntry(moment, event, reader, image, detail))

    def note_seen(self, number: int, reader: str, at: datetime) -> None:
        """Notes, once, that a prediction of this film has been on the screen before a reader."""
        if reader not in self.seen_by(number):
            self.log(Event.SEEN, reader, number, at=at)

    def seen_by(self, number: int) -> frozenset[str]:
        """Readers before whom a prediction of this film has been on the screen."""
        seen = sa.select(log.c.reader).where(log.c.study_id == number, log.c.event == Event.SEEN.value)
        with self._reading() as connection:
            return frozenset(connection.execute(seen).scalars())

    def log_entries(self, number: int | None = None) -> tuple[LogEntry, ...]:
        """The audit log, oldest first: the whole one, or what concerns one film."""
        requested = sa.select(log) if number is None else sa.select(log).where(log.c.study_id == number)
        with self._reading() as connection:
            rows = connection.execute(requested.order_by(log.c.at, log.c.id)).mappings().all()
        return tuple(
            LogEntry(row["at"], Event(row["event"]), row["reader"], row["study_id"], row["detail"]) for row in rows
        )

    # Privacy and copies

    def forget_identities(self, reader: str = "") -> ForgottenIdentities:
        """Takes names, numbers, birth dates, accession numbers and paths out of all films, and off the disk.

        The one change to what is there. Pictures of films with text burned in go as well. Priors still find each
        other, by the key.

        Raises:
            LibraryBusyError: all is forgotten, but another window still holds on to the journal that tells it.
        """
        named = 0
        with self._writing() as connection:
            for row in connection.execute(sa.select(images)).mappings().all():
                kept = image_of(row)
                metadata, thumbnail = (
                    without_identity(kept.metadata),
                    _thumbnail_without_text(kept.metadata, kept.thumbnail),
                )
                if metadata == kept.metadata and kept.path is None and thumbnail == kept.thumbnail:
                    continue
                named += 1
                change = described(metadata, "") | {"thumbnail": thumbnail}
                connection.execute(sa.update(images).where(images.c.id == kept.number).values(**change))
            entry = LogEntry(datetime.now(UTC), Event.FORGOTTEN, reader, None, f"{named} studies")
            _log(connection, entry)
        with in_words(self.path), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # Old pages also stand in the journal; emptying it leaves none behind.
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").first()
        if busy is None or busy[0]:
            raise LibraryBusyError(
                _(
                    "The names are gone from the library, but another window still holds its journal. "
                    "Close that window, then repeat."
                )
            )
        return ForgottenIdentities(named, quarantined_files(self.path))

    def copy_to(self, path: Path) -> None:
        """Writes a copy of the whole library as one SQLite file, as of one moment, readable by its owner only.

        Raises:
            LibraryUnwritableError: the copy could not be written; what was there is still there.
        """
        temporary = path.with_name(path.name + ".tmp")
        with in_words(path), self._engine.connect() as connection:
            temporary.unlink(missing_ok=True)
            os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
            source = connection.connection.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise TypeError("The library stands on another driver than SQLite's own.")
            copy = sqlite3.connect(temporary)
            try:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
            except sqlite3.Error:
                temporary.unlink(missing_ok=True)
                raise
            finally:
                copy.close()
            os.replace(temporary, path)

    def export_json_lines(self, path: Path) -> int:
        """Writes all rows, one JSON object per line with its table's name, readable by its owner only.

        Returns:
            How many rows were written.
        """
        with self._reading() as connection:
            lines = [
                json.dumps({"table": table.name, **dict(row)}, default=_as_text, ensure_ascii=False)
                for table in all_tables.sorted_tables
                if table is not properties
                for row in connection.execute(sa.select(table)).mappings()
            ]
        write_lines(path, lines)
        return len(lines)

    # Within

    def _read_or_make_salt(self) -> tuple[bytes, int]:
        """The salt of the patients' keys, and what a key costs; a library keeps to those it began with."""
        requested = sa.select(properties.c.name, properties.c.value).where(properties.c.name.in_(["salt", "key_cost"]))
        fresh = [
            {"name": "salt", "value": secrets.token_bytes(SALT_BYTES)},
            {"name": "key_cost", "value": bytes([KEY_COST])},
        ]
        with self._reading() as connection:
            kept = {name: value for name, value in connection.execute(requested)}
        if "salt" not in kept:
            with self._writing() as connection:
                connection.execute(insert(properties).values(fresh).on_conflict_do_nothing())
                kept = {name: value for name, value in connection.execute(requested)}
        return bytes(kept["salt"]), kept["key_cost"][0] if "key_cost" in kept else FORMER_KEY_COST

    def _row_of(self, metadata: ImageMetadata, path: str, thumbnail: bytes) -> dict[str, Any]:
        if not self.keep_identity:
            thumbnail = _thumbnail_without_text(metadata, thumbnail)
            # Files are named after patients as often as not, and no program can tell which part is the name.
            metadata, path = without_identity(metadata), ""
        return described(metadata, path) | {"thumbnail": thumbnail}

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._reject_if_replaced()
        with in_words(self.path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        self._reject_if_replaced()
        with in_words(self.path), self._writer.begin() as connection:
            yield connection

    def _reject_if_replaced(self) -> None:
        """What is written into a file that lost its name would be lost with it."""
        if _identity_of(self.path) != self._file:
            raise LibraryReplacedError(
                _("The library {path} was moved, deleted or replaced while it was open.").format(path=self.path)
            )


def write_lines(path: Path, lines: list[str]) -> None:
    """Writes a text file whole or not at all, readable by its owner only."""
    temporary = path.with_name(path.name + ".tmp")
    with in_words(path):
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _thumbnail_without_text(metadata: ImageMetadata, thumbnail: bytes) -> bytes:
    return b"" if metadata.burned_in_annotation.upper() == "YES" else thumbnail


def _label(number: int, study_date: str) -> str:
    return f"{study_date or '–'} #{number}"


def _rank(order: ListOrder, images: sa.Subquery) -> sa.ColumnElement[Any]:
    """What patients are put in order by, the smallest first; the one seen last first among equals."""

    def of_patient(value: sa.FunctionElement[Any]) -> sa.Over[Any]:
        return value.over(partition_by=images.c.patient)

    if order is ListOrder.NAME:
        name = of_patient(sa.func.min(sa.func.lower(images.c.name)))
        return sa.case((name == "", LAST_OF_ALL), else_=name)
    if order is ListOrder.STUDY_DATE:
        # Dates sort as text; as numbers they can be turned around.
        return -sa.cast(of_patient(sa.func.max(images.c.study_date)), sa.Integer)
    if order is ListOrder.STATE:
        read = sa.exists().where(readings.c.study_id == images.c.id)
        predicted = sa.exists().where(predictions.c.study_id == images.c.id)
        return of_patient(sa.func.min(sa.case((read, 2), (predicted, 1), else_=0)))
    return sa.literal(0)


def _latest(table: sa.Table, column: sa.Column[Any], number: sa.ColumnElement[int]) -> sa.ScalarSelect[Any]:
    newest = (table.c.saved_at.desc(), table.c.id.desc()) if table is readings else (table.c.id.desc(),)
    return sa.select(column).where(table.c.study_id == number).order_by(*newest).limit(1).scalar_subquery()


def _last_annotations(numbers: Sequence[int]) -> sa.Select[Any]:
    """The last measurements of each reader on each film, the latest reader last."""
    table = kept_annotations
    of_images = sa.select(sa.func.max(table.c.id)).where(table.c.study_id.in_(numbers))
    newest = of_images.group_by(table.c.study_id, table.c.reader)
    return sa.select(table).where(table.c.id.in_(newest)).order_by(table.c.id)


def _by_image(rows: Iterable[RowMapping], record: Callable[[RowMapping], T]) -> defaultdict[int, list[T]]:
    """Rows as records, by their film's number, in their order."""
    found: defaultdict[int, list[T]] = defaultdict(list)
    for row in rows:
        found[row["study_id"]].append(record(row))
    return found


def _rows_of(connection: Connection, table: sa.Table, numbers: Sequence[int]) -> list[RowMapping]:
    of_images = sa.select(table).where(table.c.study_id.in_(numbers)).order_by(table.c.id)
    return list(connection.execute(of_images).mappings())


def _supersede(of_reader: dict[str, Reading], reading: Reading) -> None:
    before = of_reader.get(reading.reader)
    if before is None or reading.saved_at >= before.saved_at:
        of_reader.pop(reading.reader, None)
        of_reader[reading.reader] = reading


def _without_draft(number: int, reader: str) -> sa.Delete:
    return sa.delete(drafts).where(drafts.c.study_id == number, drafts.c.reader == reader)


def _log(connection: Connection, entry: LogEntry) -> None:
    connection.execute(
        sa.insert(log).values(
            at=entry.at, event=entry.event.value, reader=entry.reader, study_id=entry.image, detail=entry.detail
        )
    )


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"No JSON for {type(value).__name__}.")

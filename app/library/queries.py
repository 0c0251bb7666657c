"""Questions to the library's tables that join, group or rank; each is answered within a caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from app.library.identities import PatientKeys
from app.library.order import ListOrder
from app.library.patients import searchable
from app.library.records import Event, ImagePage, ListedImage, PastImage, Recalled
from app.library.rows import annotations_of, draft_of, image_of, model_of, prediction_of, reading_of
from app.library.schema import drafts, images, kept_annotations, log, predictions, readings
from app.session.reading_keys import ReadingKeys
from app.session.readings import ListedReading, Reading
from bsnet_core.brixia import BrixiaScore
from bsnet_core.partial_score import read_score_from_text

T = TypeVar("T")
LAST_OF_ALL = "\U0010ffff"
"""Sorts behind every name."""


def page_of_images(connection: Connection, text: str, *, order: ListOrder, offset: int, limit: int) -> ImagePage:
    """A part of the list of images, as `Library.images` describes it."""
    matching = _matching(text)
    ranked = _ranked(matching, order)
    # Thumbnails and scores are looked up for the page alone, not for all images that were put in order.
    chosen = sa.select(ranked).order_by(*_place_in_list(ranked)).limit(limit).offset(offset).subquery()
    page = (
        sa.select(
            images,
            chosen.c.of_patient,
            chosen.c.place,
            chosen.c.place_in_study,
            _latest(predictions, predictions.c.total, chosen.c.id).label("predicted"),
            _latest(readings, readings.c.score, chosen.c.id).label("read"),
            _latest(readings, readings.c.reader, chosen.c.id).label("reader"),
        )
        .join(chosen, chosen.c.id == images.c.id)
        .order_by(*_place_in_list(chosen))
    )
    total = connection.execute(sa.select(sa.func.count()).select_from(matching)).scalar_one()
    rows = connection.execute(page).mappings().all()
    of_page = readings.c.study_id.in_([row["id"] for row in rows])
    pairs = sa.select(readings.c.study_id, readings.c.reader).where(of_page).distinct()
    readers = _by_image(connection.execute(pairs).mappings(), lambda row: str(row["reader"]))
    return ImagePage(tuple(_listed_image(row, readers[row["id"]]) for row in rows), offset, total)


def history_of_patient(connection: Connection, patient_key: str) -> tuple[PastImage, ...]:
    """All images of a patient, oldest first, with the last prediction and each reader's last reading."""
    of_patient = sa.select(images).where(images.c.patient_key == patient_key)
    by_date = of_patient.order_by(images.c.study_date, images.c.study_time, images.c.id)
    past = [image_of(row) for row in connection.execute(by_date).mappings()]
    numbers = [kept.number for kept in past]
    predicted = {row["study_id"]: prediction_of(row) for row in rows_of_images(connection, predictions, numbers)}
    read: dict[int, dict[str, Reading]] = {number: {} for number in numbers}
    for row in rows_of_images(connection, readings, numbers):
        _supersede(read[row["study_id"]], reading_of(row))
    return tuple(PastImage(kept, predicted.get(kept.number), tuple(read[kept.number].values())) for kept in past)


def listed_readings(connection: Connection, keys: PatientKeys, samples: frozenset[str]) -> tuple[ListedReading, ...]:
    """All readings, superseded ones too, with the last prediction of their image; oldest image first.

    Args:
        connection: A transaction.
        keys: Makes the keys of readings and readers.
        samples: Identifiers of the bundled samples.
    """
    newest = sa.select(sa.func.max(predictions.c.id)).group_by(predictions.c.study_id)
    last = sa.select(predictions).where(predictions.c.id.in_(newest)).subquery()
    requested = (
        sa.select(
            readings,
            images.c.identifier,
            images.c.patient_key,
            images.c.study_date,
            images.c.facts,
            images.c.path,
            last.c.score.label("predicted"),
            last.c.model_name,
            last.c.model_version,
            last.c.model_sha256,
        )
        .join(images, images.c.id == readings.c.study_id)
        .outerjoin(last, last.c.study_id == readings.c.study_id)
        .order_by(readings.c.study_id, readings.c.saved_at, readings.c.id)
    )
    rows = list(connection.execute(requested).mappings())
    superseded_by: dict[int, int] = {}
    before: dict[tuple[int, str], int] = {}
    for row in rows:
        of_reader = (row["study_id"], row["reader"])
        if of_reader in before:
            superseded_by[before[of_reader]] = row["id"]
        before[of_reader] = row["id"]
    return tuple(_listed_reading(row, superseded_by.get(row["id"]), keys, samples) for row in rows)


def _listed_reading(
    row: RowMapping, superseded_by: int | None, keys: PatientKeys, samples: frozenset[str]
) -> ListedReading:
    known = ReadingKeys(
        reading=keys.of_reading(row["id"]),
        superseded_by="" if superseded_by is None else keys.of_reading(superseded_by),
        reader=keys.of_reader(row["reader"]),
        image=row["study_id"],
        patient=row["patient_key"],
        study_uid=row["facts"].get("study_uid", ""),
        series_uid=row["facts"].get("series_uid", ""),
        sop_uid=row["facts"].get("sop_instance_uid", ""),
        file_name=Path(row["path"]).name if row["path"] else "",
        is_sample=row["identifier"] in samples,
    )
    return ListedReading(
        image=f"{row['study_date'] or '–'} #{row['study_id']}",
        study_date=row["study_date"],
        reading=reading_of(row),
        keys=known,
        predicted=None if row["predicted"] is None else BrixiaScore.from_text(row["predicted"]),
        model=None if row["predicted"] is None else model_of(row),
    )


def was_seen_before(connection: Connection, number: int, reader: str, moment: datetime) -> bool:
    """Whether a reader, or somebody unnamed, had seen a prediction of an image before a moment."""
    of_image = sa.select(log.c.id).where(log.c.study_id == number, log.c.event == Event.SEEN.value)
    seen = of_image.where(log.c.reader.in_({reader, ""}), log.c.at < moment)
    return connection.execute(seen.limit(1)).first() is not None


def recall_images(connection: Connection, numbers: Sequence[int], reader: str) -> dict[int, Recalled]:
    """All that is known of images, by their numbers, for a reader who opens them."""
    of_reader = sa.select(drafts).where(drafts.c.study_id.in_(numbers), drafts.c.reader == reader)
    seen = sa.select(log.c.study_id, log.c.reader).where(log.c.study_id.in_(numbers), log.c.event == Event.SEEN.value)
    kept = connection.execute(sa.select(images).where(images.c.id.in_(numbers))).mappings().all()
    draft = {row["study_id"]: draft_of(row) for row in connection.execute(of_reader).mappings()}
    predicted = _by_image(rows_of_images(connection, predictions, numbers), prediction_of)
    read = _by_image(rows_of_images(connection, readings, numbers), reading_of)
    measured = _by_image(last_annotation_rows(connection, numbers), annotations_of)
    seen_by = _by_image(connection.execute(seen).mappings(), lambda row: str(row["reader"]))
    return {
        row["id"]: Recalled(
            image=image_of(row),
            draft=draft.get(row["id"]),
            readings=tuple(read[row["id"]]),
            predictions=tuple(predicted[row["id"]]),
            seen_by=frozenset(seen_by[row["id"]]),
            annotations=tuple(measured[row["id"]]),
        )
        for row in kept
    }


def rows_of_images(connection: Connection, table: sa.Table, numbers: Sequence[int]) -> list[RowMapping]:
    """The rows of a table that belong to images, in the order they were added."""
    of_images = sa.select(table).where(table.c.study_id.in_(numbers)).order_by(table.c.id)
    return list(connection.execute(of_images).mappings())


def last_annotation_rows(connection: Connection, numbers: Sequence[int]) -> list[RowMapping]:
    """The last measurements of each reader on each image, the latest reader last."""
    table = kept_annotations
    of_images = sa.select(sa.func.max(table.c.id)).where(table.c.study_id.in_(numbers))
    newest = of_images.group_by(table.c.study_id, table.c.reader)
    last = sa.select(table).where(table.c.id.in_(newest)).order_by(table.c.id)
    return list(connection.execute(last).mappings())


def _matching(text: str) -> sa.Subquery:
    """The images whose texts hold all words of `text`, with what puts them in order."""
    found = sa.select(
        images.c.id,
        images.c.patient_key,
        images.c.study_date,
        images.c.study_time,
        images.c.last_seen_at,
        images.c.facts["patient_name"].as_string().label("name"),
        images.c.facts["study_uid"].as_string().label("study_uid"),
        images.c.facts["series_uid"].as_string().label("series_uid"),
    )
    for word in searchable(text).split():
        found = found.where(images.c.searched.contains(word, autoescape=True))
    return found.subquery()


def _ranked(matching: sa.Subquery, order: ListOrder) -> sa.Subquery:
    """Images with their patient's rank, and their own place among the patient's and the study's images."""
    alone = "image " + sa.cast(matching.c.id, sa.Text)
    patient = sa.case((matching.c.patient_key != "", matching.c.patient_key), else_=alone)
    study = patient + sa.case((matching.c.study_uid != "", matching.c.study_uid), else_=alone)
    dated = sa.select(
        matching,
        patient.label("patient"),
        study.label("study"),
        sa.func.max(matching.c.study_date + matching.c.study_time).over(partition_by=study).label("study_at"),
    ).subquery()
    within_patient = (dated.c.study_at.desc(), dated.c.study, dated.c.series_uid, dated.c.id)
    return sa.select(
        dated.c.id,
        sa.func.count().over(partition_by=dated.c.patient).label("of_patient"),
        sa.func.row_number().over(partition_by=dated.c.patient, order_by=within_patient).label("place"),
        sa.func.row_number().over(partition_by=dated.c.study, order_by=within_patient).label("place_in_study"),
        _rank(order, dated).label("rank"),
        sa.func.max(dated.c.last_seen_at).over(partition_by=dated.c.patient).label("patient_seen_at"),
        dated.c.patient,
    ).subquery()


def _place_in_list(ranked: sa.Subquery) -> tuple[sa.ColumnElement[Any], ...]:
    return ranked.c.rank, ranked.c.patient_seen_at.desc(), ranked.c.patient, ranked.c.place


def _rank(order: ListOrder, dated: sa.Subquery) -> sa.ColumnElement[Any]:
    """The sort key of patients, the smallest first; among equals, the patient seen last comes first."""

    def of_patient(value: sa.FunctionElement[Any]) -> sa.Over[Any]:
        return value.over(partition_by=dated.c.patient)

    if order is ListOrder.NAME:
        name = of_patient(sa.func.min(sa.func.lower(dated.c.name)))
        return sa.case((name == "", LAST_OF_ALL), else_=name)
    if order is ListOrder.STUDY_DATE:
        # As text, dates could only be sorted oldest first; as numbers, their sign can change.
        return -sa.cast(of_patient(sa.func.max(dated.c.study_date)), sa.Integer)
    if order is ListOrder.STATE:
        read = sa.exists().where(readings.c.study_id == dated.c.id)
        predicted = sa.exists().where(predictions.c.study_id == dated.c.id)
        return of_patient(sa.func.min(sa.case((read, 2), (predicted, 1), else_=0)))
    return sa.literal(0)


def _latest(table: sa.Table, column: sa.Column[Any], number: sa.ColumnElement[int]) -> sa.ScalarSelect[Any]:
    newest = (table.c.saved_at.desc(), table.c.id.desc()) if table is readings else (table.c.id.desc(),)
    return sa.select(column).where(table.c.study_id == number).order_by(*newest).limit(1).scalar_subquery()


def _listed_image(row: RowMapping, readers: Iterable[str]) -> ListedImage:
    return ListedImage(
        image=image_of(row),
        predicted_total=row["predicted"],
        read_score=read_score_from_text(row["read"]) if row["read"] is not None else None,
        reader=row["reader"] or "",
        place=row["place"],
        of_patient=row["of_patient"],
        place_in_study=row["place_in_study"],
        readers=frozenset(readers),
    )


def _by_image(rows: Iterable[RowMapping], record: Callable[[RowMapping], T]) -> defaultdict[int, list[T]]:
    """Rows as records, by their image's number, in their order."""
    found: defaultdict[int, list[T]] = defaultdict(list)
    for row in rows:
        found[row["study_id"]].append(record(row))
    return found


def _supersede(of_reader: dict[str, Reading], reading: Reading) -> None:
    """Puts a reading in the place of the same reader's earlier one, as the last of all."""
    before = of_reader.get(reading.reader)
    if before is None or reading.saved_at >= before.saved_at:
        of_reader.pop(reading.reader, None)
        of_reader[reading.reader] = reading

"""The identities of patients in the library, and their removal."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.library.patients import FORMER_KEY_COST, KEY_COST, SALT_BYTES, patient_key, patient_of, without_identity
from app.library.rows import described, image_of
from app.library.schema import images, properties
from bsnet_core.radiograph import ImageMetadata

READER_DIGITS, READING_DIGITS = 8, 16


class PatientKeys:
    """The keys that stand for the patients, readers and readings of one library.

    A library keeps the salt and the cost that it was made with.
    """

    def __init__(self, salt: bytes, cost: int) -> None:
        self._salt = salt
        self._cost = cost
        self._known: dict[str, str] = {}

    @classmethod
    def stored(cls, connection: Connection) -> PatientKeys | None:
        """Those of the library, if it has some."""
        requested = sa.select(properties.c.name, properties.c.value).where(properties.c.name.in_(["salt", "key_cost"]))
        kept = {name: value for name, value in connection.execute(requested)}
        if "salt" not in kept:
            return None
        return cls(bytes(kept["salt"]), kept["key_cost"][0] if "key_cost" in kept else FORMER_KEY_COST)

    @classmethod
    def stored_or_made(cls, connection: Connection) -> PatientKeys:
        """Those of the library; a new library gets some. Needs a transaction that may write."""
        stored = cls.stored(connection)
        if stored is not None:
            return stored
        salt = secrets.token_bytes(SALT_BYTES)
        fresh = [{"name": "salt", "value": salt}, {"name": "key_cost", "value": bytes([KEY_COST])}]
        connection.execute(sa.insert(properties).values(fresh))
        return cls(salt, KEY_COST)

    def of_reader(self, name: str) -> str:
        """A code for a reader that does not tell the name; the same in every table of this library."""
        named = f"reader\n{name}"
        if named not in self._known:
            self._known[named] = patient_key(named, self._salt, self._cost)[:READER_DIGITS]
        return f"R-{self._known[named]}"

    def of_reading(self, number: int) -> str:
        """An identifier for a reading; that of another library's reading is another one."""
        return hashlib.sha256(self._salt + f"reading {number}".encode()).hexdigest()[:READING_DIGITS]

    def of(self, metadata: ImageMetadata) -> str:
        """The key of an image's patient; empty if the file does not say who it is."""
        patient = patient_of(metadata)
        if patient not in self._known:
            self._known[patient] = patient_key(patient, self._salt, self._cost)
        return self._known[patient]


def columns_of(metadata: ImageMetadata, path: str, thumbnail: bytes, *, keep_identity: bool) -> dict[str, Any]:
    """The columns of an image's row; without what names the patient unless identities are kept."""
    if not keep_identity:
        thumbnail = _without_burned_in_text(metadata, thumbnail)
        # Files are often named after patients, and no program can tell which part is the name.
        metadata, path = without_identity(metadata), ""
    return described(metadata, path) | {"thumbnail": thumbnail}


def forget_all(connection: Connection) -> int:
    """Takes what names patients out of all images, and gives the number of images that named one."""
    named = 0
    for row in connection.execute(sa.select(images)).mappings().all():
        kept = image_of(row)
        change = columns_of(kept.metadata, "", kept.thumbnail, keep_identity=False)
        is_nameless = kept.path is None and without_identity(kept.metadata) == kept.metadata
        if is_nameless and change["thumbnail"] == kept.thumbnail:
            continue
        named += 1
        connection.execute(sa.update(images).where(images.c.id == kept.number).values(**change))
    return named


def _without_burned_in_text(metadata: ImageMetadata, thumbnail: bytes) -> bytes:
    return b"" if metadata.burned_in_annotation.upper() == "YES" else thumbnail

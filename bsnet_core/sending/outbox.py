"""A folder of objects that are to be sent: it survives a crash, a restart and a PACS that is away for a day.

Every object has a note beside it, which says where it goes and what became of it, and is in the outbox once that note
is there. After it was stored, the object goes and the note stays, so that it is not sent again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from bsnet_core.errors import NetworkError
from bsnet_core.language import translate as _
from bsnet_core.private_files import make_private_folder, write_private, write_private_json
from bsnet_core.sending.association import Answer, Outcome, StoredObject, send
from bsnet_core.sending.peer import Peer

OBJECT, NOTE, LOCK = ".dcm", ".json", "sending.lock"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 10.0, 900.0
"""Between two attempts for an object; doubled each time."""


class State(StrEnum):
    """The state of an object of the outbox."""

    WAITING = "waiting"
    SENT = "sent"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of an outbox and what became of it; nothing of a patient.

    Attributes:
        sop_instance: Its SOP Instance UID.
        peer, own_title: Where it goes, as `Peer.from_text` takes it.
        state: What became of it.
        added_at: When it was added, in UTC.
        attempts: How often it was sent in vain.
        due_at: When it is tried next, in UTC.
        reason: Why it still waits, or was rejected, in a sentence; empty at first.
    """

    sop_instance: str
    peer: str
    own_title: str
    state: State
    added_at: datetime
    attempts: int
    due_at: datetime
    reason: str = ""

    def after(self, answer: Answer, now: datetime) -> Entry:
        """The entry after an attempt."""
        if answer.outcome is Outcome.STORED:
            return replace(self, state=State.SENT, reason="")
        if answer.outcome is Outcome.REJECTED:
            return replace(self, state=State.REJECTED, reason=answer.reason)
        pause = timedelta(seconds=min(FIRST_PAUSE_S * 2.0 ** min(self.attempts, 30), LONGEST_PAUSE_S))
        return replace(self, attempts=self.attempts + 1, due_at=now + pause, reason=answer.reason)


class Outbox:
    """The folder. Several programs may add to it at a time; one of them sends."""

    def __init__(self, folder: Path) -> None:
        """Args: folder: made if missing, for its owner only."""
        self._folder = folder

    def add(self, files: Iterable[Path], peer: Peer, now: datetime | None = None) -> int:
        """Adds copies of DICOM files, and gives the number of those that were not there before.

        An object that waits for the node, that it has, or that it rejected is not added again.

        Raises:
            NetworkError: a file is no DICOM object, or the folder cannot be written to; what came before it is added.
        """
        moment, added = now or datetime.now(UTC), 0
        for file in files:
            found = StoredObject.of(file)
            name = _name_of(str(found.sop_instance), peer)
            with _said():
                make_private_folder(self._folder)
                if (self._folder / (name + NOTE)).exists():
                    continue
                write_private(self._folder / (name + OBJECT), file.read_bytes())
                self._write(
                    name,
                    Entry(str(found.sop_instance), str(peer), peer.own_title, State.WAITING, moment, 0, moment),
                )
            added += 1
        return added

    def entries(self) -> list[Entry]:
        """All entries, the oldest first; a note that is damaged counts as none."""
        return sorted(self._notes().values(), key=lambda entry: (entry.added_at, entry.sop_instance))

    def send_due(self, now: datetime | None = None) -> list[Entry]:
        """Sends what is due, and gives those entries as they are afterwards.

        Each is noted as soon as its answer is there: a crash can repeat only the one on the way, which a PACS tells by
        its UID.

        Raises:
            NetworkError: another program is sending from this folder, or it cannot be written to.
        """
        with self._only_sender():
            moment = now or datetime.now(UTC)
            waiting = {n: e for n, e in self._notes().items() if e.state is State.WAITING and e.due_at <= moment}
            tried: list[Entry] = []
            for peer in dict.fromkeys(Peer.from_text(entry.peer, entry.own_title) for entry in waiting.values()):
                mine = {n: e for n, e in waiting.items() if (e.peer, e.own_title) == (str(peer), peer.own_title)}
                tried += self._send(mine, peer, moment)
            return tried

    def _send(self, entries: dict[str, Entry], peer: Peer, now: datetime) -> list[Entry]:
        tried: list[Entry] = []
        objects: dict[Path, str] = {}
        readable: list[StoredObject] = []

        def note(name: str, answer: Answer) -> None:
            entry = entries[name].after(answer, now)
            self._write(name, entry)
            if entry.state is State.SENT:
                (self._folder / (name + OBJECT)).unlink(missing_ok=True)
            tried.append(entry)

        for name in sorted(entries, key=lambda each: (entries[each].added_at, each)):
            path = self._folder / (name + OBJECT)
            try:
                readable.append(StoredObject.of(path))
                objects[path] = name
            except NetworkError as error:
                note(name, Answer(Outcome.REJECTED, str(error)))
        with _said():
            send(readable, peer, lambda each, answer: note(objects[each.path], answer))
        return tried

    def _notes(self) -> dict[str, Entry]:
        found = {}
        for path in self._folder.glob(f"*{NOTE}"):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, NetworkError):
                found[path.stem] = _entry_of(json.loads(path.read_text(encoding="utf-8")))
        return found

    def _write(self, name: str, entry: Entry) -> None:
        values = asdict(entry)
        write_private_json(
            self._folder / (name + NOTE),
            values | {key: values[key].isoformat() for key in ("added_at", "due_at")},
        )

    @contextlib.contextmanager
    def _only_sender(self) -> Iterator[None]:
        with _said():
            make_private_folder(self._folder)
            descriptor = os.open(self._folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            if not _lock(descriptor):
                raise NetworkError(_("Another program is sending from this outbox."))
            yield
        finally:
            os.close(descriptor)  # and with it the lock


def _name_of(sop_instance: str, peer: Peer) -> str:
    return hashlib.sha256(f"{sop_instance}\n{peer}".encode()).hexdigest()[:32]


def _entry_of(values: dict[str, Any]) -> Entry:
    Peer.from_text(values["peer"], values["own_title"])
    return Entry(
        **(values | {key: datetime.fromisoformat(values[key]) for key in ("added_at", "due_at")})
        | {"state": State(values["state"])}
    )


def _lock(descriptor: int) -> bool:
    """Locks a file for this process, as long as it is open; whether nobody else has."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """A sentence in place of an error of the disk."""
    try:
        yield
    except OSError as error:
        raise NetworkError(
            _("The outbox could not be used: {reason}.").format(reason=error.strerror or type(error).__name__)
        ) from error

"""One association with a DICOM node: an echo, or objects stored one after the other (PS3.4 Annexes A and B)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from pydicom import dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from bsnet_core.errors import NetworkError
from bsnet_core.language import translate as _
from bsnet_core.sending.peer import Peer

TIME_LIMIT_S = 30.0
"""For a connection, an answer, and silence on the line."""
MOST_CONTEXTS = 128
"""Of an association (PS3.8 9.3.2.2)."""
CALLING_TITLE_UNKNOWN, CALLED_TITLE_UNKNOWN = 3, 7
"""Reasons of a rejected association (PS3.8 9.3.4)."""
_NO_RESOURCES = range(0xA700, 0xA800)
_WARNINGS = range(0xB000, 0xC000)


class NothingAcceptedError(NetworkError):
    """A node that is there, and takes no object of these kinds or in these transfer syntaxes."""


class Outcome(Enum):
    """The result of sending an object."""

    STORED = auto()
    """The node has it."""
    REJECTED = auto()
    """The node will not have it, now or later."""
    LATER = auto()
    """The node could not be reached, or could not store it now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of sending an object, and why in a sentence; empty if it was stored."""

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A DICOM file by what an association has to know of it.

    Attributes:
        path: The file.
        sop_class, sop_instance: Its UIDs.
        syntax: Its transfer syntax.
    """

    path: Path
    sop_class: UID
    sop_instance: UID
    syntax: UID

    @classmethod
    def of(cls, path: Path) -> StoredObject:
        """The object in a file.

        Raises:
            NetworkError: there is none.
        """
        try:
            meta = dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"]).file_meta
            return cls(path, meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID)
        except (InvalidDicomError, AttributeError, OSError, ValueError) as error:
            raise NetworkError(_("{name} is not a DICOM file that can be sent.").format(name=path.name)) from error


def echo(peer: Peer, time_limit_s: float = TIME_LIMIT_S) -> None:
    """Asks the node whether it is there and knows us (C-ECHO).

    Raises:
        NetworkError: it is not, or does not; the sentence says which.
    """
    with _associated(peer, [build_context(Verification)], time_limit_s) as association:
        status = association.send_c_echo()
        if not status or status.Status != 0x0000:
            raise NetworkError(_("{peer} was reached, but did not answer the echo.").format(peer=peer))


def send(
    objects: Sequence[StoredObject],
    peer: Peer,
    on_answer: Callable[[StoredObject, Answer], None],
    time_limit_s: float = TIME_LIMIT_S,
) -> None:
    """Stores objects at the node (C-STORE), and says of each what became of it as soon as that is known.

    Args:
        objects: The objects, in the order in which they are sent.
        peer: The node.
        on_answer: Told the answer for each object.
        time_limit_s: For a connection, an answer, and silence on the line.
    """
    for group in _groups(objects):
        wanted = dict.fromkeys((each.sop_class, each.syntax) for each in group)
        try:
            with _associated(peer, [build_context(*pair) for pair in wanted], time_limit_s) as association:
                for each in group:
                    on_answer(each, _store(association, each, peer))
        except NetworkError as error:
            outcome = Outcome.REJECTED if isinstance(error, NothingAcceptedError) else Outcome.LATER
            for each in group:
                on_answer(each, Answer(outcome, str(error)))


def _groups(objects: Sequence[StoredObject]) -> Iterator[list[StoredObject]]:
    """Groups with no more pairs of SOP class and transfer syntax than an association can have."""
    group: list[StoredObject] = []
    pairs: set[tuple[UID, UID]] = set()
    for each in objects:
        pair = each.sop_class, each.syntax
        if pair not in pairs and len(pairs) == MOST_CONTEXTS:
            yield group
            group, pairs = [], set()
        group.append(each)
        pairs.add(pair)
    if group:
        yield group


@contextmanager
def _associated(peer: Peer, contexts: list[PresentationContext], time_limit_s: float) -> Iterator[Association]:
    _reach(peer, time_limit_s)
    entity = AE(ae_title=peer.own_title)
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = time_limit_s
    association = entity.associate(peer.host, peer.port, contexts=contexts, ae_title=peer.title)
    if not association.is_established:
        raise _why_not_associated(association, peer)
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def _reach(peer: Peer, time_limit_s: float) -> None:
    """Opens a connection and closes it: pynetdicom leaves a socket open where nobody listens, and does not say why."""
    try:
        socket.create_connection((peer.host, peer.port), time_limit_s).close()
    except OSError as error:
        raise NetworkError(
            _("{peer} cannot be reached. Check host and port, and whether it is running.").format(peer=peer)
        ) from error


def _why_not_associated(association: Association, peer: Peer) -> NetworkError:
    primitive = association.acceptor.primitive
    if primitive is None:
        return NetworkError(_("{peer} does not answer as a DICOM node.").format(peer=peer))
    if not association.is_rejected:
        return NothingAcceptedError(_("{peer} accepts none of these objects.").format(peer=peer))
    if primitive.diagnostic == CALLING_TITLE_UNKNOWN:
        sentence = _("{peer} does not know the AE title {own}. Let its administrator add it.")
        return NetworkError(sentence.format(peer=peer, own=peer.own_title))
    if primitive.diagnostic == CALLED_TITLE_UNKNOWN:
        return NetworkError(_("{peer} is there, but has another AE title.").format(peer=peer))
    return NetworkError(_("{peer} rejected the connection.").format(peer=peer))


def _store(association: Association, each: StoredObject, peer: Peer) -> Answer:
    if not association.is_established:
        return Answer(Outcome.LATER, _("The connection with {peer} was lost.").format(peer=peer))
    try:
        status = association.send_c_store(each.path)
    except ValueError:  # no context was accepted for it
        return Answer(Outcome.REJECTED, _("{peer} does not accept objects of this kind.").format(peer=peer))
    except (RuntimeError, OSError):
        return Answer(Outcome.LATER, _("The connection with {peer} was lost.").format(peer=peer))
    if not status:
        return Answer(Outcome.LATER, _("{peer} did not answer in time.").format(peer=peer))
    code = int(status.Status)
    if code == 0x0000 or code in _WARNINGS:
        return Answer(Outcome.STORED)
    if code in _NO_RESOURCES:
        return Answer(Outcome.LATER, _("{peer} has no room at the moment.").format(peer=peer))
    return Answer(
        Outcome.REJECTED, _("{peer} rejected the object (status {code}).").format(peer=peer, code=f"0x{code:04X}")
    )

"""A storage node (C-STORE SCP, PS3.4 Annex B) that puts what it is sent into a folder, whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from bsnet_core.errors import NetworkError
from bsnet_core.language import translate as _
from bsnet_core.private_files import make_private_folder, write_private
from bsnet_core.sending.peer import Peer

STORED, NO_ROOM, NOT_UNDERSTOOD = 0x0000, 0xA700, 0xC000
"""Status codes (PS3.4 B.2.3)."""
LARGEST_BYTES = 512 * 2**20
LEAST_FREE_BYTES = 2**30
MOST_ASSOCIATIONS = 10
SILENCE_S = 60.0
SYNTAXES = (
    *("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"),
    *("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"),
    *("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"),
    "1.2.840.10008.1.2.5",
)
"""Uncompressed, deflated, JPEG, JPEG-LS, JPEG 2000 and RLE."""


@dataclass(frozen=True, slots=True)
class ReceiverLimits:
    """The senders that are allowed, and the size and room that are.

    Attributes:
        callers: AE titles that may; empty for all.
        largest_bytes: Size of the largest object that is stored.
        least_free_bytes: Room that has to stay on the disk.
    """

    callers: tuple[str, ...] = ()
    largest_bytes: int = LARGEST_BYTES
    least_free_bytes: int = LEAST_FREE_BYTES


@contextmanager
def receiving(folder: Path, here: Peer, limits: ReceiverLimits = ReceiverLimits()) -> Iterator[None]:
    """Receives until the block ends.

    Args:
        folder: Where the objects go, one file each, for their owner only; made if missing. The same object that is sent
            twice is one file.
        here: Our own AE title, and the address and port to listen on.
        limits: Who may send, and how much.

    Raises:
        NetworkError: the address or port is not to be had.
    """
    make_private_folder(folder)
    entity = AE(ae_title=here.title)
    entity.require_called_aet = True
    entity.require_calling_aet = list(limits.callers)
    entity.maximum_associations = MOST_ASSOCIATIONS
    entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = SILENCE_S
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(str(context.abstract_syntax), list(SYNTAXES))
    entity.add_supported_context(Verification)

    def store(event: evt.Event) -> int:
        return _store(event, folder, limits)

    handlers: Sequence[tuple[evt.EventType, object]] = [(evt.EVT_C_STORE, store)]
    try:
        server = entity.start_server((here.host, here.port), block=False, evt_handlers=handlers)  # type: ignore[arg-type]
    except OSError as error:
        raise NetworkError(
            _("Nothing can be received at {here}: {reason}.").format(here=here, reason=error.strerror)
        ) from error
    try:
        yield
    finally:
        if server is not None:
            server.shutdown()


def _store(event: evt.Event, folder: Path, limits: ReceiverLimits) -> int:
    try:
        data = event.encoded_dataset()
        name = hashlib.sha256(str(event.file_meta.MediaStorageSOPInstanceUID).encode()).hexdigest()[:32]
    except (AttributeError, ValueError):
        return NOT_UNDERSTOOD
    if len(data) > limits.largest_bytes:
        return NOT_UNDERSTOOD
    try:
        if shutil.disk_usage(folder).free - len(data) < limits.least_free_bytes:
            return NO_ROOM
        write_private(folder / f"{name}.dcm", data)
    except OSError:
        return NO_ROOM
    return STORED

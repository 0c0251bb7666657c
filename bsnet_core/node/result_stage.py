"""Results on their way from the network into the outbox, each image's once, whenever the program is killed.

The objects of an image are written into a folder that is renamed once it is whole. A folder that was not renamed is
made again; one that was goes into the outbox, which knows objects by their UIDs, and is deleted last.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset

from bsnet_core.dicom_objects.object_files import write_objects
from bsnet_core.private_files import make_private_folder
from bsnet_core.sending.outbox import Outbox
from bsnet_core.sending.peer import Peer

WHOLE = ".whole"


class ResultStage:
    """The folder between network and outbox."""

    def __init__(self, folder: Path, outbox: Outbox, peer: Peer) -> None:
        """Args: folder: made if missing, for its owner only."""
        self._folder, self._outbox, self._peer = folder, outbox, peer

    def has(self, key: str) -> bool:
        """Whether the whole results of an image wait here."""
        return (self._folder / (key + WHOLE)).is_dir()

    def put(self, key: str, objects: Sequence[Dataset]) -> None:
        """Keeps the objects of an image.

        Raises:
            ReportError: they cannot be written.
        """
        part = self._folder / key
        shutil.rmtree(part, ignore_errors=True)
        make_private_folder(self._folder)
        write_objects(objects, part)
        part.rename(self._folder / (key + WHOLE))

    def hand_over(self, key: str) -> None:
        """Adds the objects of an image to the outbox.

        Raises:
            NetworkError: the outbox cannot be written to; the objects stay here.
        """
        whole = self._folder / (key + WHOLE)
        self._outbox.add(sorted(whole.glob("*.dcm")), self._peer)

    def drop(self, key: str) -> None:
        """Deletes the objects of an image, once they are in the outbox and the image is noted."""
        shutil.rmtree(self._folder / (key + WHOLE), ignore_errors=True)

"""Objects as files: for their owner only, each named by its own UID and nothing of the patient."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset

from bsnet_core.errors import ReportError
from bsnet_core.language import translate as _
from bsnet_core.private_files import make_private_folder, write_private


def write_objects(objects: Sequence[Dataset], folder: Path) -> list[Path]:
    """Writes each object into a file of its own; the folder is made if it is missing.

    Returns:
        The files, in the order of the objects.

    Raises:
        ReportError: the folder is missing, full or may not be written to; what was written of `objects` is removed.
    """
    written: list[Path] = []
    try:
        make_private_folder(folder)
        for instance in objects:
            path = folder / f"{instance.Modality}-{instance.SOPInstanceUID}.dcm"
            write_private(path, as_bytes(instance), overwrite=False)
            written.append(path)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise ReportError(
            _("The DICOM results could not be written: {reason}.").format(reason=error.strerror or type(error).__name__)
        ) from error
    return written


def as_bytes(instance: Dataset) -> bytes:
    """A whole file of PS3.10."""
    with io.BytesIO() as file:
        instance.save_as(file, enforce_file_format=True)
        return file.getvalue()

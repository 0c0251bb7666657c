"""A DICOM file with tags of every kind: nested, long, private and binary."""

from __future__ import annotations

from pathlib import Path

from pydicom.sequence import Sequence

from bsnet_core.loading.dicom_tags import DEFERRED_BYTES
from tests.dicom_files import chest_dataset, coded, ramp


def write_tagged_dicom(path: Path) -> Path:
    """Writes a small image with a view code and its modifier, a private block, a long comment and a colour profile."""
    dataset = chest_dataset(ramp(64, 48), bits=12, ImageComments="first line\nsecond\x07 line " + "x" * 500)
    view = coded("399348003", "antero-posterior")
    view.ViewModifierCodeSequence = Sequence([coded("1", "inner")])
    dataset.ViewCodeSequence = Sequence([view])
    block = dataset.private_block(0x0019, "SOME MAKER", create=True)
    block.add_new(0x01, "LO", "private text")
    block.add_new(0x02, "OB", b"\x00" * (DEFERRED_BYTES + 10))
    dataset.ICCProfile = b"\x01" * 300
    dataset.save_as(path, enforce_file_format=True)
    return path

"""Damage to ZIP archives that keeps their structure, and to the files in them (PKWARE's APPNOTE)."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from random import Random

from tests.fuzz.dicom_mutations import ODD_WORDS, Mutation
from tests.fuzz.stream_mutations import image_mutations_for

ZIP_RECORDS = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x07\x08")
ODD_NAMES = (
    b"../x",
    b"/etc/x",
    b"C:\\x",
    b"a/" * 200 + b"x",
    b"con",
    b"\xff\xfe",
    b".hidden",
    b"x\0y",
    b"DICOMDIR",
    b"x.pdf",
)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
LINK, DOS_FOLDER = 0o120777, 0x10


def zip_record_changed(content: bytes, random: Random) -> bytes:
    """A word of one of the archive's own records: flags, method, sizes, names, offsets."""
    places = [place for place in range(len(content) - 4) if content[place : place + 4] in ZIP_RECORDS]
    if not places:
        return content
    place = random.choice(places) + 4 + 2 * random.randrange(21)
    if place + 2 > len(content):
        return content
    return content[:place] + struct.pack("<H", random.choice((*ODD_WORDS, 99, 9))) + content[place + 2 :]


def zip_name_changed(content: bytes, random: Random) -> bytes:
    """The archive written again by any method, with odd names and links, and perhaps with itself in it."""
    files = []
    for name, data in _files_of(content):
        odd = random.choice(ODD_NAMES).decode("latin-1").replace("\0", "")
        info = zipfile.ZipInfo(random.choice((name, odd)))
        info.external_attr = random.choice((0, LINK << 16, DOS_FOLDER))
        files.append((info, data))
    if random.random() < 0.2:
        files.append((zipfile.ZipInfo("inner.zip"), content))
    return _written(files, random.choice(METHODS)) if files else content


def zipped_file_changed(content: bytes, random: Random) -> bytes:
    """Each file in the archive damaged as it would be outside, and the archive sound."""
    files = [
        (zipfile.ZipInfo(name), random.choice(image_mutations_for(data))(data, random) if data else data)
        for name, data in _files_of(content)
    ]
    return _written(files, zipfile.ZIP_STORED) if files else content


def _files_of(content: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:  # noqa: BLE001 - it is already damaged
        return []


def _written(files: list[tuple[zipfile.ZipInfo, bytes]], method: int) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore", UserWarning)  # two files of one name
        for info, data in files:
            archive.writestr(info, data)
    return buffer.getvalue()


ZIP_MUTATIONS: tuple[Mutation, ...] = (zip_record_changed, zip_name_changed, zipped_file_changed)


def mutations_for(content: bytes) -> tuple[Mutation, ...]:
    """The mutations that fit a file's kind, by its first bytes."""
    own = ZIP_MUTATIONS * 3 if content.startswith(b"PK") else ()
    return own + image_mutations_for(content)

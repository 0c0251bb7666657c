"""Damage to JPEG and JPEG 2000 code streams, PNG and TIFF that keeps their structure, and to any bytes."""

from __future__ import annotations

import struct
import zlib
from random import Random

from tests.fuzz.dicom_mutations import DICOM_MUTATIONS, ODD_LENGTHS, ODD_WORDS, Mutation

JPEG_START, JPEG_2000_START = b"\xff\xd8\xff", b"\xff\x4f\xff\x51"
PNG_START = b"\x89PNG\r\n\x1a\n"
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


# Any bytes


def bytes_replaced(content: bytes, random: Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(random.choice((1, 2, 8, 30))):
        damaged[random.randrange(len(damaged))] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
    return bytes(damaged)


def piece_removed(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content))
    return content[:start] + content[start + random.choice((1, 2, 16, 300)) :]


def piece_repeated(content: bytes, random: Random) -> bytes:
    start, size = random.randrange(len(content)), random.choice((1, 4, 64, 1000))
    return content[: start + size] + content[start:]


def end_cut_off(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(1, len(content) + 1)]


ANY_MUTATIONS: tuple[Mutation, ...] = (bytes_replaced, piece_removed, piece_repeated, end_cut_off)


# Code streams, alone or inside a DICOM file


def marker_changed(content: bytes, random: Random) -> bytes:
    """One of a code stream's markers becomes another, or its segment states another length or begins with other bytes.

    Source: ITU-T T.81 annex B, T.87 annex C, T.800 annex A.
    """
    start = max(content.find(JPEG_START), content.find(JPEG_2000_START))
    markers = [
        place
        for place in range(max(start, 0), len(content) - 4)
        if start >= 0 and content[place] == 0xFF and content[place + 1] not in (0x00, 0xFF)
    ]
    if not markers:
        return content
    place = random.choice(markers[:40])
    damaged = bytearray(content)
    match random.randrange(3):
        case 0:
            damaged[place + 1] = random.choice(
                (*range(0xC0, 0xD0), 0xD8, 0xD9, 0xDA, 0xDE, 0xF7, 0xF8, 0x4F, 0x51, 0x52, 0x90)
            )
        case 1:
            damaged[place + 2 : place + 4] = struct.pack(">H", random.choice(ODD_WORDS))
        case _:
            at = place + 4 + random.randrange(16)
            if at < len(damaged):
                damaged[at] = random.choice((0, 1, 2, 3, 8, 12, 16, 17, 32, 0x7F, 0xFF))
    return bytes(damaged)


# PNG (ISO/IEC 15948)


def png_chunk_changed(content: bytes, random: Random) -> bytes:
    """One chunk with other data and its right checksum, or another length or name, or doubled, or gone."""
    chunks = _png_chunks(content)
    if not chunks:
        return content
    number = random.randrange(len(chunks))
    name, data = chunks[number]
    match random.randrange(5):
        case 0 if data:
            place = random.randrange(min(len(data), 32))
            chunks[number] = name, data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]
        case 1:
            chunks.insert(
                random.randrange(len(chunks)),
                (random.choice((b"acTL", b"tRNS", b"gAMA", b"eXIf", b"zTXt", b"PLTE")), data[:900]),
            )
        case 2:
            del chunks[number]
        case 3:
            chunks.insert(number, chunks[number])
        case _:
            chunks[number] = name, data + bytes(random.choice((1, 1000)))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return PNG_START + body


def _png_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, place = [], len(PNG_START)
    while place + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        found.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
        place += 12 + length
    return found


# TIFF 6.0


def tiff_entry_changed(content: bytes, random: Random) -> bytes:
    """One entry of the first directory: its tag, kind, count or value."""
    order = "<" if content[:2] == b"II" else ">"
    try:
        is_big = struct.unpack_from(f"{order}H", content, 2)[0] == 43
        (directory,) = struct.unpack_from(f"{order}Q" if is_big else f"{order}I", content, 8 if is_big else 4)
        (count,) = struct.unpack_from(f"{order}Q" if is_big else f"{order}H", content, directory)
        first, size = directory + (8 if is_big else 2), 20 if is_big else 12
        place = first + size * random.randrange(min(max(count, 1), 40))
        damaged = bytearray(content)
        match random.randrange(4):
            case 0:
                struct.pack_into(
                    f"{order}H",
                    damaged,
                    place,
                    random.choice((254, 256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 320, 322, 339)),
                )
            case 1:
                struct.pack_into(f"{order}H", damaged, place + 2, random.randrange(19))
            case 2:
                struct.pack_into(f"{order}I", damaged, place + 4, random.choice(ODD_LENGTHS))
            case _:
                struct.pack_into(
                    f"{order}H", damaged, place + size - 4, random.choice((*ODD_WORDS, 5, 6, 34712, 50000))
                )
        return bytes(damaged)
    except struct.error:
        return content


CODE_STREAM_MUTATIONS: tuple[Mutation, ...] = (marker_changed,)
PNG_MUTATIONS: tuple[Mutation, ...] = (png_chunk_changed,)
TIFF_MUTATIONS: tuple[Mutation, ...] = (tiff_entry_changed,)


def image_mutations_for(content: bytes) -> tuple[Mutation, ...]:
    """The mutations that fit a file's kind, by its first bytes; those of any bytes always."""
    if content[128:132] == b"DICM" or content[:2] in (b"\x02\x00", b"\x08\x00", b"\x00\x08"):
        has_stream = any(start in content for start in (JPEG_START, JPEG_2000_START))
        return DICOM_MUTATIONS + (CODE_STREAM_MUTATIONS * 3 if has_stream else ()) + ANY_MUTATIONS
    if content.startswith(JPEG_START):
        return CODE_STREAM_MUTATIONS * 4 + ANY_MUTATIONS
    if content.startswith(PNG_START):
        return PNG_MUTATIONS * 6 + ANY_MUTATIONS
    if content.startswith(TIFF_STARTS):
        return TIFF_MUTATIONS * 6 + ANY_MUTATIONS
    return ANY_MUTATIONS

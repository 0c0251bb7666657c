"""A ZIP archive with one encrypted file: Python reads the traditional encryption but cannot write it."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_TABLE = [0] * 256
for _index in range(256):
    _value = _index
    for _ in range(8):
        _value = (_value >> 1) ^ (0xEDB88320 if _value & 1 else 0)
    _TABLE[_index] = _value


def _encrypt(content: bytes, password: bytes) -> bytes:
    """PKWARE's APPNOTE 6.1: three keys, turned on by every plain byte."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def turn(byte: int) -> None:
        keys[0] = (keys[0] >> 8) ^ _TABLE[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = (keys[2] >> 8) ^ _TABLE[(keys[2] ^ (keys[1] >> 24)) & 0xFF]

    for byte in password:
        turn(byte)
    encrypted = bytearray()
    for byte in content:
        mixed = (keys[2] | 2) & 0xFFFF
        encrypted.append(byte ^ ((mixed * (mixed ^ 1)) >> 8) & 0xFF)
        turn(byte)
    return bytes(encrypted)


def write_encrypted_zip(path: Path, name: str, content: bytes, password: str, method: int = 0) -> Path:
    """Writes one stored file; `method` may claim another one, 99 being AES."""
    checksum = zlib.crc32(content)
    body = _encrypt(bytes(11) + bytes([checksum >> 24]) + content, password.encode())
    title = name.encode()
    fields = struct.pack("<HHHHHIIIHH", 20, 1, method, 0, 0x5821, checksum, len(body), len(content), len(title), 0)
    local = _LOCAL + fields + title + body
    central = _CENTRAL + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + title
    end = _END + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    path.write_bytes(local + central + end)
    return path

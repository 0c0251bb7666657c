"""The kind of a file, by its first bytes; its name only rules out files that are never images."""

from __future__ import annotations

PLAIN_IMAGE_SIGNATURES = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    *(b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  \r\n\x87\n"),  # JPEG 2000, bare and in boxes
    *(b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n"),  # JPEG XL, bare and in boxes
)
IMAGE_SUFFIXES = frozenset(
    f".{suffix}" for suffix in ["dcm", "dicom", "ima", "png", "jpg", "jpeg", "jp2", "j2k", "jls", "jxl", "tif", "tiff"]
)
"""Suffixes that many images have, for dialogs; what a file is, its content decides."""
PREAMBLE_BYTES = 128
SNIFFED_BYTES = PREAMBLE_BYTES + 4
NEVER_IMAGES = frozenset({".csv", ".txt", ".md", ".json", ".xml", ".py", ".html", ".pdf", ".log", ".toml"}) | {
    ".docx",
    ".xlsx",
    ".pptx",
    ".odt",
    ".ods",
    ".jar",
}
"""Texts and tables; office documents and programs in Java would pass for ZIP archives."""


def looks_like_dicom(start: bytes) -> bool:
    """Whether a file's first bytes are DICOM, with or without the preamble."""
    if start[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == b"DICM":
        return True
    # Old files begin with group 0002 or 0008 at once, little or big endian.
    return start[:2] in (b"\x02\x00", b"\x08\x00", b"\x00\x02", b"\x00\x08")


def looks_like_a_plain_image(start: bytes) -> bool:
    """Whether a file's first bytes are those of a JPEG of any kind, PNG or TIFF."""
    return start.startswith(PLAIN_IMAGE_SIGNATURES)


def looks_like_an_image(start: bytes) -> bool:
    """Whether a file's first bytes are those of any supported kind of image."""
    return looks_like_dicom(start) or looks_like_a_plain_image(start)

"""Text in a character set that a data set does not declare, where the writer's is certain (PS3.3 C.12.1.1.2)."""

from __future__ import annotations

from typing import Any

from pydicom.charset import CODES_TO_ENCODINGS, convert_encodings, default_encoding
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from bsnet_core.loading.header import value_of

ESCAPE = b"\x1b"
TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})


def decode_undeclared_texts(dataset: Dataset) -> None:
    """Has texts decoded as they were meant if no character set is declared, or none that exists.

    Escape sequences name their character set (ISO 2022). Texts that are all valid UTF-8 and not all ASCII are UTF-8:
    other texts hardly ever are by chance.
    """
    if set(convert_encodings(value_of(dataset, "SpecificCharacterSet"))) != {default_encoding}:
        return
    raw_elements: list[Any] = [dataset.get_item(tag) for tag in dataset.keys()]  # noqa: SIM118 - values() parses them
    texts = [
        bytes(raw.value)
        for raw in raw_elements
        if isinstance(raw, RawDataElement) and raw.value and _is_not_ascii(raw.value) and _vr_of(raw) in TEXT_VRS
    ]
    encodings = _encodings_of(texts)
    if encodings:
        is_implicit, is_little_endian = dataset.original_encoding
        dataset.set_original_encoding(is_implicit, is_little_endian, encodings)


def _is_not_ascii(value: bytes) -> bool:
    return not value.isascii() or ESCAPE in value


def _encodings_of(texts: list[bytes]) -> list[str]:
    """The character sets that texts are certainly in; empty if that is not certain."""
    escaped = [encoding for code, encoding in CODES_TO_ENCODINGS.items() if any(code in text for text in texts)]
    if escaped:
        return [default_encoding, *dict.fromkeys(escaped)]
    try:
        for text in texts:
            text.decode("utf-8")
    except UnicodeDecodeError:
        return []
    return ["utf-8"] if texts else []


def _vr_of(raw: Any) -> str:
    try:
        return str(raw.VR or dictionary_VR(raw.tag))  # implicit VR states none
    except KeyError:
        return "UN"

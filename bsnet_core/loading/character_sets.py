"""Text in a character set that a data set does not declare, where the writer's is certain (PS3.3 C.12.1.1.2)."""

from __future__ import annotations

from typing import Any

from pydicom.charset import convert_encodings, default_encoding
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from bsnet_core.loading.header import value_of

TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})


def decode_undeclared_utf8(dataset: Dataset) -> None:
    """Has texts decoded as UTF-8 if no character set is declared, or none that exists, and all of them are UTF-8.

    Other texts beyond ASCII are hardly ever UTF-8 by chance.
    """
    if set(convert_encodings(value_of(dataset, "SpecificCharacterSet"))) != {default_encoding}:
        return
    raw_elements: list[Any] = [dataset.get_item(tag) for tag in dataset.keys()]  # noqa: SIM118 - values() parses them
    texts = [
        raw.value
        for raw in raw_elements
        if isinstance(raw, RawDataElement) and raw.value and not bytes(raw.value).isascii() and _vr_of(raw) in TEXT_VRS
    ]
    try:
        for text in texts:
            bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        return
    if texts:
        is_implicit, is_little_endian = dataset.original_encoding
        dataset.set_original_encoding(is_implicit, is_little_endian, ["utf-8"])


def _vr_of(raw: Any) -> str:
    try:
        return str(raw.VR or dictionary_VR(raw.tag))  # implicit VR states none
    except KeyError:
        return "UN"

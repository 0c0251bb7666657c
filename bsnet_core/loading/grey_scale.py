"""Windows, look-up tables and padding of a DICOM header: the meaning of its stored values (PS3.3 C.11.1, C.11.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from bsnet_core.loading.header import PARSING_ERRORS, integer_of, numbers_of, text_of, value_of
from bsnet_core.radiograph import LookupTable, VoiFunction, VoiWindow


def windows_of(header: Dataset) -> tuple[VoiWindow, ...]:
    """The windows with a usable width, in the file's order."""
    centres, widths = numbers_of(header, "WindowCenter"), numbers_of(header, "WindowWidth")
    names = value_of(header, "WindowCenterWidthExplanation") or ""
    explanations = [str(name) for name in names] if not isinstance(names, str) else [names]
    try:
        function = VoiFunction(text_of(header, "VOILUTFunction").upper() or "LINEAR")
    except ValueError:
        function = VoiFunction.LINEAR
    least = 1.0 if function is VoiFunction.LINEAR else 0.0
    return tuple(
        VoiWindow(centre, width, function, explanations[index] if index < len(explanations) else "")
        for index, (centre, width) in enumerate(zip(centres, widths, strict=False))
        if width >= least and width > 0
    )


def tables_of(header: Dataset, keyword: str, *, signed: bool) -> tuple[LookupTable, ...]:
    """The usable look-up tables of a sequence; `signed` if their first input value may be negative."""
    tables = []
    items = value_of(header, keyword)
    for item in items if isinstance(items, Sequence) else ():
        try:
            tables.append(_table(item, signed=signed))
        except PARSING_ERRORS:  # an unusable table counts as none; the window remains
            continue
    return tuple(tables)


def _table(item: Dataset, *, signed: bool) -> LookupTable:
    count, first, bits = (int(value) for value in item.LUTDescriptor)
    count = count % 65536 or 65536
    if signed and first > 32767:
        first -= 65536
    data = item.LUTData
    if isinstance(data, bytes):
        words = ">u2" if item.original_encoding[1] is False else "<u2"
        entries = np.frombuffer(data, dtype=words if len(data) >= 2 * count else np.uint8)
    else:
        entries = np.asarray(data, dtype=np.int64) & 0xFFFF
    if len(entries) < count or not 8 <= bits <= 16:
        raise ValueError("The look-up table is shorter than it says.")
    values = entries[:count].astype(np.float32)
    values.setflags(write=False)
    return LookupTable(first, values, bits, text_of(item, "LUTExplanation"))


def padding_of(header: Dataset) -> tuple[int, int] | None:
    """Inclusive range of padding in stored values, or None."""
    value = value_of(header, "PixelPaddingValue")
    if not isinstance(value, int):
        return None
    limit = integer_of(header, "PixelPaddingRangeLimit", value)
    if integer_of(header, "PixelRepresentation", 0) == 1:
        value, limit = (number - 65536 if number > 32767 else number for number in (value, limit))
    return min(value, limit), max(value, limit)

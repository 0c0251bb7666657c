"""Windows, look-up tables, rescale, polarity and palettes: the grey levels that come out, by the formulas of PS3.3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from tests.conformance.cells import Cell, file_of, in_colour, monochrome
from tests.conformance.code_streams import as_words, rle
from tests.conformance.synthetic_image import colour, grey, luminance

Values = npt.NDArray[np.int64]
Levels = npt.NDArray[np.float64]
WHITE = 255.0
CHECKED_BY_PEERS = {"explicit little endian": ExplicitVRLittleEndian}
SYNTAXES = {
    "explicit little endian": ExplicitVRLittleEndian,
    "implicit little endian": ImplicitVRLittleEndian,
    "explicit big endian": ExplicitVRBigEndian,
    "RLE": RLELossless,
}


def through_window(values: npt.NDArray[Any], centre: float, width: float, function: str = "LINEAR") -> Levels:
    """Grey levels by a window (PS3.3 C.11.2.1.2.1, C.11.2.1.3.1, C.11.2.1.3.2)."""
    x = values.astype(np.float64)
    if function == "SIGMOID":
        return WHITE / (1 + np.exp(np.clip(-4 * (x - centre) / width, -700, 700)))
    if function == "LINEAR_EXACT":
        return np.clip((x - centre) / width + 0.5, 0, 1) * WHITE
    if width == 1:
        return np.where(x <= centre - 0.5, 0.0, WHITE)
    return np.clip((x - (centre - 0.5)) / (width - 1) + 0.5, 0, 1) * WHITE


def through_table(values: npt.NDArray[Any], first: int, entries: npt.NDArray[Any], bits: int) -> Levels:
    """Grey levels by a VOI LUT (PS3.3 C.11.2.1.1)."""
    index = np.clip(values.astype(np.int64) - first, 0, len(entries) - 1)
    return entries[index] / ((1 << bits) - 1) * WHITE


@dataclass(frozen=True)
class Kind:
    """One row: attributes to set, and the grey levels that they make of stored values.

    Attributes:
        change: Sets the attributes; told whether values are signed.
        levels: The grey levels, of stored values and whether they are signed.
    """

    name: str
    change: Callable[[Dataset, bool], None]
    levels: Callable[[Values, bool], Levels] | None


def curve(count: int, bits: int, start: float = 0.0) -> npt.NDArray[np.int64]:
    """Entries that rise from a share `start` of the range to all of it, faster at the end."""
    return np.rint((start + (1 - start) * np.linspace(0, 1, count) ** 1.6) * ((1 << bits) - 1)).astype(np.int64)


def window(centre: float, width: float, function: str | None = None, **tags: Any) -> Callable[[Dataset, bool], None]:
    """Sets a window; the centre is given for unsigned values."""

    def change(dataset: Dataset, signed: bool) -> None:
        dataset.WindowCenter, dataset.WindowWidth = centre - middle(signed), width
        if function is not None:
            dataset.VOILUTFunction = function
        for keyword, value in tags.items():
            setattr(dataset, keyword, value)

    return change


def middle(signed: bool) -> int:
    """Where unsigned 2048 lies."""
    return 2048 if signed else 0


def by_window(centre: float, width: float, function: str = "LINEAR", slope: float = 1, intercept: float = 0) -> Any:
    def levels(values: Values, signed: bool) -> Levels:
        return through_window(values * slope + intercept, centre - middle(signed), width, function)

    return levels


def table(
    keyword: str, count: int, first: int, bits: int, *, words: bool = False, packed: bool = False, start: float = 0.0
) -> Callable[[Dataset, bool], None]:
    """Sets a table of one item; `first` is for unsigned values; OW if `words`, two entries in a word if `packed`."""

    def change(dataset: Dataset, signed: bool) -> None:
        item = Dataset()
        place = first - middle(signed)
        item.add_new(0x00283002, "SS" if place < 0 else "US", [count % 65536, place, bits])
        if keyword == "ModalityLUTSequence":
            item.ModalityLUTType = "US"
        entries = curve(count, bits, start)
        if packed:
            item.add_new(0x00283006, "OW", entries.astype(np.uint8).tobytes())
        elif words:
            item.add_new(0x00283006, "OW", entries.astype("<u2").tobytes())
        else:
            item.add_new(0x00283006, "US", entries.tolist())
        setattr(dataset, keyword, Sequence([item]))

    return change


def by_table(count: int, first: int, bits: int, start: float = 0.0) -> Any:
    def levels(values: Values, signed: bool) -> Levels:
        return through_table(values, first - middle(signed), curve(count, bits, start), bits)

    return levels


def both(*changes: Callable[[Dataset, bool], None]) -> Callable[[Dataset, bool], None]:
    def change(dataset: Dataset, signed: bool) -> None:
        for one in changes:
            one(dataset, signed)

    return change


def rescale(slope: str, intercept: str) -> Callable[[Dataset, bool], None]:
    def change(dataset: Dataset, _signed: bool) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType = slope, intercept, "US"

    return change


def by_modality_table(count: int, first: int, bits: int, centre: float, width: float) -> Any:
    def levels(values: Values, signed: bool) -> Levels:
        index = np.clip(values - (first - middle(signed)), 0, count - 1)
        return through_window(curve(count, bits)[index], centre, width)

    return levels


def absolute(centre: float, width: float) -> Callable[[Dataset, bool], None]:
    """Sets a window whose centre does not depend on the sign."""

    def change(dataset: Dataset, _signed: bool) -> None:
        dataset.WindowCenter, dataset.WindowWidth = centre, width

    return change


def inverted(levels: Any) -> Any:
    return lambda values, signed: WHITE - levels(values, signed)


VOI, MODALITY = "VOILUTSequence", "ModalityLUTSequence"
W = (1900.0, 2400.0)
KINDS = (
    Kind("none", lambda dataset, signed: None, None),
    Kind("window, no function stated", window(*W), by_window(*W)),
    Kind("window, LINEAR", window(*W, "LINEAR"), by_window(*W)),
    Kind("window, LINEAR_EXACT", window(*W, "LINEAR_EXACT"), by_window(*W, "LINEAR_EXACT")),
    Kind("window, SIGMOID", window(*W, "SIGMOID"), by_window(*W, "SIGMOID")),
    Kind("window, LINEAR, width 1", window(1900, 1, "LINEAR"), by_window(1900, 1)),
    Kind("window, LINEAR, width 1.5", window(1900, 1.5), by_window(1900, 1.5)),
    Kind("window, LINEAR_EXACT, width 0.5", window(1900, 0.5, "LINEAR_EXACT"), by_window(1900, 0.5, "LINEAR_EXACT")),
    Kind("window, SIGMOID, width 1", window(1900, 1, "SIGMOID"), by_window(1900, 1, "SIGMOID")),
    Kind("VOI LUT, 8 bits", table(VOI, 4096, 0, 8), by_table(4096, 0, 8)),
    Kind("VOI LUT, 8 bits, two entries in a word", table(VOI, 4096, 0, 8, packed=True), by_table(4096, 0, 8)),
    Kind("VOI LUT, 10 bits", table(VOI, 4096, 0, 10), by_table(4096, 0, 10)),
    Kind("VOI LUT, 12 bits", table(VOI, 4096, 0, 12), by_table(4096, 0, 12)),
    Kind("VOI LUT, 14 bits", table(VOI, 4096, 0, 14), by_table(4096, 0, 14)),
    Kind("VOI LUT, 16 bits", table(VOI, 4096, 0, 16), by_table(4096, 0, 16)),
    Kind("VOI LUT, 16 bits as OW", table(VOI, 4096, 0, 16, words=True), by_table(4096, 0, 16)),
    Kind("VOI LUT over part of the values", table(VOI, 1024, 1500, 12, start=0.2), by_table(1024, 1500, 12, 0.2)),
    Kind("VOI LUT beside a window", both(window(*W), table(VOI, 4096, 0, 12)), by_table(4096, 0, 12)),
    Kind(
        "rescale, intercept −1024",
        both(rescale("1", "-1024"), absolute(500, 2400)),
        lambda v, s: through_window(v - 1024, 500, 2400),
    ),
    Kind(
        "rescale, slope 0.5",
        both(rescale("0.5", "0"), absolute(700, 1200)),
        lambda v, s: through_window(v * 0.5, 700, 1200),
    ),
    Kind(
        "rescale, slope −1",
        both(rescale("-1", "4095"), absolute(1900, 2400)),
        lambda v, s: through_window(4095 - v, 1900, 2400),
    ),
    Kind(
        "rescale and VOI LUT from a negative value",
        both(rescale("1", "-1024"), table(VOI, 4096, -1024, 12)),
        lambda v, s: through_table(v - 1024, -1024 - middle(s), curve(4096, 12), 12),
    ),
    Kind(
        "Modality LUT, 16 bits",
        both(table(MODALITY, 4096, 0, 16), absolute(30000, 60000)),
        by_modality_table(4096, 0, 16, 30000, 60000),
    ),
    Kind(
        "Modality LUT, 16 bits as OW",
        both(table(MODALITY, 4096, 0, 16, words=True), absolute(30000, 60000)),
        by_modality_table(4096, 0, 16, 30000, 60000),
    ),
    Kind(
        "Modality LUT, 8 bits",
        both(table(MODALITY, 4096, 0, 8), absolute(120, 200)),
        by_modality_table(4096, 0, 8, 120, 200),
    ),
    Kind("Presentation LUT Shape IDENTITY", window(*W, PresentationLUTShape="IDENTITY"), by_window(*W)),
    Kind(
        "Presentation LUT Shape INVERSE",
        window(*W, PresentationLUTShape="INVERSE", PhotometricInterpretation="MONOCHROME1"),
        inverted(by_window(*W)),
    ),
    Kind(
        "MONOCHROME1 and VOI LUT",
        both(table(VOI, 4096, 0, 12), lambda d, s: setattr(d, "PhotometricInterpretation", "MONOCHROME1")),
        inverted(by_table(4096, 0, 12)),
    ),
)


def cells() -> Iterator[Cell]:
    """One cell per kind, sign and transfer syntax; then palettes, and windows on colour."""
    for kind in KINDS:
        for signed in (False, True):
            for name, syntax in SYNTAXES.items() if not signed else CHECKED_BY_PEERS.items():
                values = grey(12, signed=signed)
                shown = None if kind.levels is None else kind.levels(values, signed)
                content = partial(_file, kind, signed, syntax)
                label, by_peers = f"{'signed' if signed else 'unsigned'}, {name}", name in CHECKED_BY_PEERS
                yield Cell(kind.name, label, content, values, shown=shown, peers=by_peers)
    yield from _wide_tables()
    yield from _palettes()
    yield from _on_colour()


def _file(kind: Kind, signed: bool, syntax: str) -> bytes:
    dataset = monochrome(grey(12, signed=signed), 12, signed=signed)
    kind.change(dataset, signed)
    frame = rle(as_words(grey(12, signed=signed), 16)) if syntax == RLELossless else None
    return file_of(dataset, syntax, frame)


def _wide_tables() -> Iterator[Cell]:
    shown = through_table(grey(16), 0, curve(65536, 16), 16)
    for name, syntax in SYNTAXES.items():
        yield Cell("VOI LUT, 65536 entries", f"unsigned, {name}", partial(_wide_file, syntax), grey(16), shown=shown)


def _wide_file(syntax: str) -> bytes:
    dataset = monochrome(grey(16), 16)
    table(VOI, 65536, 0, 16, words=True)(dataset, False)  # as US they would not fit a length of 16 bits
    return file_of(dataset, syntax, rle(grey(16).astype(np.uint16)) if syntax == RLELossless else None)


def _palettes() -> Iterator[Cell]:
    channels = np.stack([curve(256, 16), curve(256, 16, 0.3), curve(256, 16)[::-1]], axis=-1)
    later = luminance(channels[10:])[np.clip(grey(8) - 10, 0, 245)]
    for name, syntax in SYNTAXES.items():
        for kind, make, expected in (
            ("palette, 16 bits", partial(_palette_file, channels, 16), luminance(channels)[grey(8)]),
            ("palette, 8 bits", partial(_palette_file, channels >> 8, 8), luminance(channels >> 8)[grey(8)]),
            ("palette, from the 11th value", partial(_palette_file, channels[10:], 16, first=10), later),
            (
                "palette, 16-bit pixels",
                partial(_palette_file, channels, 16, allocated=16),
                luminance(channels)[grey(8)],
            ),
            ("segmented palette", _segmented_file, luminance(_from_segments())[grey(8)]),
        ):
            yield Cell(kind, name, partial(make, syntax=syntax), expected, 1, peers=False)


COLOURS = ("Red", "Green", "Blue")


def _palette_dataset(syntax: str, allocated: int) -> tuple[Dataset, bytes | None]:
    dataset = monochrome(grey(8), 8, allocated=allocated)
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    frame = rle(as_words(grey(8), allocated)) if syntax == RLELossless else None
    return dataset, frame


def _palette_file(
    channels: npt.NDArray[np.int64], bits: int, *, syntax: str, first: int = 0, allocated: int = 8
) -> bytes:
    dataset, frame = _palette_dataset(syntax, allocated)
    for index, name in enumerate(COLOURS):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [len(channels), first, bits])
        dataset[f"{name}PaletteColorLookupTableDescriptor"].VR = "US"
        data = channels[:, index].astype("<u2" if bits == 16 else np.uint8).tobytes()
        setattr(dataset, f"{name}PaletteColorLookupTableData", data)
        dataset[f"{name}PaletteColorLookupTableData"].VR = "OW"
    return file_of(dataset, syntax, frame)


SEGMENTS = {
    "Red": [0, 2, 0, 256, 1, 127, 40000, 1, 127, 65535],
    "Green": [0, 1, 1000, 1, 100, 20000, 0, 5, 21000, 22000, 23000, 24000, 25000, 1, 150, 60000],
    "Blue": [0, 1, 65535, 1, 255, 0],
}
"""Discrete and linear segments (PS3.3 C.7.9.2): kind, count, then values, or the last one of a line."""


def _segmented_file(syntax: str) -> bytes:
    dataset, frame = _palette_dataset(syntax, 8)
    for name in COLOURS:
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        dataset[f"{name}PaletteColorLookupTableDescriptor"].VR = "US"
        setattr(dataset, f"Segmented{name}PaletteColorLookupTableData", np.array(SEGMENTS[name], "<u2").tobytes())
        dataset[f"Segmented{name}PaletteColorLookupTableData"].VR = "OW"
    return file_of(dataset, syntax, frame)


def _from_segments() -> npt.NDArray[np.int64]:
    """(256, 3) entries of `SEGMENTS`."""
    columns = []
    for name in COLOURS:
        entries: list[int] = []
        left = list(SEGMENTS[name])
        while left:
            kind, count = left.pop(0), left.pop(0)
            if kind == 0:
                entries += [left.pop(0) for _ in range(count)]
            else:
                last, goal = entries[-1], left.pop(0)
                entries += [round(last + (goal - last) * step / count) for step in range(1, count + 1)]
        columns.append(entries)
    assert {len(column) for column in columns} == {256}
    return np.array(columns, dtype=np.int64).T


def _rgb_file(tags: dict[str, Any]) -> bytes:
    return file_of(in_colour(colour(), "RGB", **tags), ExplicitVRLittleEndian)


def _on_colour() -> Iterator[Cell]:
    """Without meaning for colour (PS3.3 C.11.2.1.2): grey levels are the luminance."""
    bright = luminance(colour())
    for row, tags in (
        ("window on RGB", {"WindowCenter": 2047, "WindowWidth": 4095}),
        ("rescale on RGB", {"RescaleSlope": "2", "RescaleIntercept": "-1024"}),
        ("neither, on RGB", {}),
    ):
        content = partial(_rgb_file, tags)
        yield Cell(row, "uncompressed", content, bright, 1, shown=bright.astype(np.float64), peers=False)

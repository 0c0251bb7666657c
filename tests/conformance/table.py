"""The conformance table of docs/formats.md: its sections, each cell's result, and the lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.conformance import bit_depths, image_files, look_up_tables, photometric, transfer_syntaxes
from tests.conformance.cells import Cell, result_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats.md"
BEGIN, END = "<!-- The conformance table begins: `make formats` writes it. -->", "<!-- The conformance table ends. -->"


@dataclass(frozen=True)
class Section:
    """One table: a heading, a sentence, the heads of its columns, and its cells."""

    heading: str
    sentence: str
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Result:
    """What the loader made of a cell, and the file that it was."""

    section: Section
    cell: Cell
    text: str
    path: Path


def sections() -> tuple[Section, ...]:
    """All tables, in the order of the document."""
    return (
        Section(
            "Transfer syntaxes",
            "Every one of the standard. Depths are bits stored, in 16 allocated unless 8 bits are all there are.",
            ("Transfer syntax", "UID", "Bits", "Result"),
            tuple(transfer_syntaxes.cells()),
        ),
        Section(
            "Bit depths",
            "Uncompressed, with other bits set below and above those of the image.",
            ("Allocated", "Stored", "High bit", "Sign", "Transfer syntax", "Result"),
            tuple(bit_depths.cells()),
        ),
        Section(
            "Photometric interpretations",
            "Colour becomes luminance (ITU-R BT.601), rounded: “within 1”. Palettes are in the next table.",
            ("Photometric interpretation", "Stored as", "Result"),
            tuple(photometric.cells()),
        ),
        Section(
            "Windows and look-up tables",
            "Stored values exact, or luminance within 1 for colour; grey levels within 1 of the formulas of PS3.3.",
            ("Kind", "Pixels and transfer syntax", "Result"),
            tuple(look_up_tables.cells()),
        ),
        Section(
            "Image files",
            "Files without a DICOM header, whatever their name.",
            ("Format", "Kind", "Result"),
            tuple(image_files.cells()),
        ),
    )


def results(folder: Path) -> tuple[Result, ...]:
    """The results of all cells, whose files stay in `folder`."""
    found = []
    for section in sections():
        for cell in section.cells:
            path = folder / f"{len(found):04}.file"
            found.append(Result(section, cell, result_of(cell, path), path))
    return tuple(found)


def lines(found: Iterable[Result]) -> Iterator[str]:
    """The text between the two markers."""
    for section, rows in groupby(found, key=lambda result: result.section):
        yield from ("", f"### {section.heading}", "", section.sentence, "")
        yield f"| {' | '.join(section.columns)} |"
        yield f"|{' --- |' * len(section.columns)}"
        by_row: dict[str, list[Result]] = {}
        for result in rows:
            by_row.setdefault(result.cell.row, []).append(result)
        for row, in_row in by_row.items():
            for text, columns in merged(in_row).items():
                yield f"| {row} | {'; '.join(columns)} | {text} |"
    yield ""


def merged(in_row: Iterable[Result]) -> dict[str, list[str]]:
    """The columns of a row by their result."""
    by_text: dict[str, list[str]] = {}
    for result in in_row:
        by_text.setdefault(result.text, []).append(result.cell.column)
    return by_text


def written(document: str, found: Iterable[Result]) -> str:
    """A document with the table in its place."""
    before, _, rest = document.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n" + "\n".join(lines(found)) + f"\n{END}{after}"

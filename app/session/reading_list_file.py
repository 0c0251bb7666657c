"""Loads reading lists from TOML and CSV (docs/reading-lists.md), which come from elsewhere and may hold anything."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from app.session.reading_list import AssignedImage, ReadingList, ReadingListError, ReadingOrder
from bsnet_core.language import translate as _
from bsnet_core.loading.container import container_of

MOST_BYTES = 4 * 1024**2
MOST_IMAGES = 20_000
MOST_READERS = 200
LONGEST_NAME = 100
"""Characters of a title or a reader's name."""
LONGEST_PATH = 1000
LARGEST_NUMBER = 2**63 - 1
NAMED_AT_MOST = 3
"""Files that a message names; it counts all of them."""
KEYS = ("title", "readers", "blind", "order", "seed", "images")
COLUMNS = ("file", "reader", "position", "blind")
YES, NO = ("yes", "true", "1"), ("no", "false", "0")


def load_reading_list(path: Path) -> ReadingList:
    """Loads a reading list and looks for its images.

    Args:
        path: A file that ends in .toml or .csv. The images it names are in its folder or below.

    Raises:
        ReadingListError: the file cannot be opened, is too large, is not what its ending says, names something
            unknown, contradicts itself, or an image is missing or outside the folder.
    """
    text = _text_of(path)
    folder = path.absolute().parent
    if path.suffix.lower() == ".toml":
        loaded = _from_toml(text, folder)
    elif path.suffix.lower() == ".csv":
        loaded = _from_csv(text, folder)
    else:
        raise ReadingListError(_("A reading list is a file that ends in .toml or .csv."))
    _check(loaded, folder)
    return loaded


def _text_of(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # a pipe would never end
            raise ReadingListError(_("The reading list is not a regular file."))
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise ReadingListError(_("The reading list does not exist: {path}").format(path=path)) from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or _("its name is not valid")
        raise ReadingListError(_("The reading list cannot be opened: {reason}.").format(reason=reason)) from error
    if len(data) > MOST_BYTES:
        limit = MOST_BYTES // 1024**2
        raise ReadingListError(_("The reading list is larger than {limit} MB.").format(limit=limit))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadingListError(_("The reading list is not a text in UTF-8. Save it again in this encoding.")) from error


# TOML


def _from_toml(text: str, folder: Path) -> ReadingList:
    try:
        stated = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of too many digits, and nesting without end
        said = str(error) if isinstance(error, tomllib.TOMLDecodeError) else _("it is nested too deeply or too large")
        raise ReadingListError(_("The reading list is not valid TOML: {reason}").format(reason=said)) from error
    unknown = [key for key in stated if key not in KEYS]
    if unknown:
        raise ReadingListError(
            _("The reading list has an unknown entry {entry}. Known are: {known}.").format(
                entry=_quoted(unknown[0]), known=", ".join(KEYS)
            )
        )
    images = [_assigned(name, folder) for name in _texts(stated, "images", LONGEST_PATH)]
    _without_doubles(tuple(image.name for image in images), "images")
    return ReadingList(
        title=_text(stated.get("title", ""), "title"),
        readers=_without_doubles(_texts(stated, "readers", LONGEST_NAME), "readers"),
        images=tuple(images),
        blind=_truth(stated.get("blind", True), "blind"),
        order=_order(stated.get("order", ReadingOrder.LISTED.value)),
        seed=_seed(stated),
    )


def _texts(stated: dict[str, Any], key: str, longest: int) -> tuple[str, ...]:
    values = stated.get(key, [])
    if not isinstance(values, list):
        raise _wrong(key, _("a list of texts in square brackets"))
    return tuple(_text(value, key, longest, may_be_empty=False) for value in values)


def _text(value: object, key: str, longest: int = LONGEST_NAME, *, may_be_empty: bool = True) -> str:
    if not isinstance(value, str) or not (value.strip() or may_be_empty):
        raise _wrong(key, _("a text"))
    return _clean(value, key, longest)


def _clean(value: str, key: str, longest: int) -> str:
    """A text without white space around it; one with signs that are not visible is no name."""
    cleaned = value.strip()
    if len(cleaned) > longest:
        raise _wrong(key, _("at most {count} characters long").format(count=longest))
    if not cleaned.isprintable():
        raise _wrong(key, _("a text without line breaks and invisible characters"))
    return cleaned


def _truth(value: object, key: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(key, "true / false")
    return value


def _order(value: object) -> ReadingOrder:
    try:
        return ReadingOrder(value)  # type: ignore[arg-type]
    except ValueError as error:
        raise _wrong("order", " / ".join(f'"{order.value}"' for order in ReadingOrder)) from error


def _seed(stated: dict[str, Any]) -> str:
    seed = stated.get("seed")
    if seed is None:
        if stated.get("order", ReadingOrder.LISTED) != ReadingOrder.LISTED:
            raise ReadingListError(_("A random order needs a seed, so that it can be repeated: add “seed = 1”."))
        return ""
    if isinstance(seed, bool) or not isinstance(seed, int) or abs(seed) > LARGEST_NUMBER:
        raise _wrong("seed", _("a whole number"))
    return str(seed)


def _wrong(key: str, expected: str) -> ReadingListError:
    return ReadingListError(
        _("In the reading list, “{entry}” must be {expected}.").format(entry=key, expected=expected)
    )


def _without_doubles(values: tuple[str, ...], key: str) -> tuple[str, ...]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ReadingListError(
                _("The reading list names {value} twice in “{entry}”.").format(value=_quoted(value), entry=key)
            )
        seen.add(value)
    return values


# CSV


def _from_csv(text: str, folder: Path) -> ReadingList:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        numbered = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ReadingListError(_("The reading list is not valid CSV: {reason}").format(reason=error)) from error
    if not numbered:
        raise ReadingListError(_("The reading list is empty."))
    columns = _columns(numbered[0][1])
    entries = [_entry(number, dict(zip(columns, row, strict=False)), folder) for number, row in numbered[1:]]
    for number, row in numbered[1:]:
        if len(row) > len(columns):
            raise _at(number, _("there are more cells than columns"))
    _reject_contradictions(entries)
    readers = dict.fromkeys(image.reader for _number, image, _blind in entries if image.reader)
    blind = next((blind for _number, _image, blind in entries if blind is not None), True)
    return ReadingList("", tuple(readers), tuple(image for _number, image, _blind in entries), blind)


def _columns(cells: Sequence[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    known = ", ".join(COLUMNS)
    for column in columns:
        if column not in COLUMNS:
            raise ReadingListError(
                _("The reading list has an unknown column {column}. Known are: {known}.").format(
                    column=_quoted(column), known=known
                )
            )
    if "file" not in columns or len(set(columns)) < len(columns):
        raise ReadingListError(
            _("The first line of the reading list must name the column “file”, and every column once.")
        )
    return columns


def _entry(number: int, cells: dict[str, str], folder: Path) -> tuple[int, AssignedImage, bool | None]:
    """Number of the line, what it says of an image, and whether it is read blind."""
    name, reader, position, blind = (cells.get(column, "").strip() for column in COLUMNS)
    try:
        if not name:
            raise _at(number, _("the column “file” is empty"))
        name, reader = _clean(name, "file", LONGEST_PATH), _clean(reader, "reader", LONGEST_NAME)
        image = _assigned(name, folder, reader, _position(number, position))
    except ReadingListError as error:
        raise error if str(error).startswith(_line(number)) else _at(number, str(error)) from error
    if blind and blind.lower() not in (*YES, *NO):
        raise _at(number, _("“{entry}” must be {expected}").format(entry="blind", expected="yes / no"))
    return number, image, blind.lower() in YES if blind else None


def _position(number: int, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MOST_IMAGES)) or int(text) < 1:
        raise _at(number, _("“{entry}” must be {expected}").format(entry="position", expected="1, 2, 3, …"))
    return int(text)


def _reject_contradictions(entries: Iterable[tuple[int, AssignedImage, bool | None]]) -> None:
    first_blind: tuple[int, bool] | None = None
    lines: dict[str, dict[str, int]] = {}
    places: dict[tuple[int, str], int] = {}
    has_positions: bool | None = None
    for number, image, blind in entries:
        of_image = lines.setdefault(image.name, {})
        for reader, before in of_image.items():
            if not image.reader or reader in ("", image.reader):
                raise _at(number, _("the image is in line {line} already").format(line=before))
        of_image[image.reader] = number
        if image.position is not None:
            before = places.setdefault((image.position, image.reader), number)
            if before != number:
                raise _at(number, _("the position is in line {line} already").format(line=before))
        if has_positions is not None and has_positions != (image.position is not None):
            raise _at(number, _("either every line has a position, or none"))
        has_positions = image.position is not None
        if blind is not None and first_blind is not None and blind != first_blind[1]:
            raise _at(number, _("“blind” is not as in line {line}").format(line=first_blind[0]))
        if blind is not None and first_blind is None:
            first_blind = number, blind


def _line(number: int) -> str:
    return _("Line {number} of the reading list").format(number=number)


def _at(number: int, problem: str) -> ReadingListError:
    return ReadingListError(f"{_line(number)}: {problem.rstrip('.')}.")


# Files


def _assigned(name: str, folder: Path, reader: str = "", position: int | None = None) -> AssignedImage:
    """An entry; its file must be in the list's folder or below, because a list may come from anybody."""
    windows = PureWindowsPath(name)
    relative = PurePosixPath(name if "\\" not in name or (folder / name).exists() else windows.as_posix())
    if windows.drive or windows.root or relative.is_absolute() or ".." in windows.parts or ".." in relative.parts:
        raise ReadingListError(
            _("{file} is not in the folder of the reading list. Name each image relative to that folder.").format(
                file=_quoted(name)
            )
        )
    return AssignedImage(relative.as_posix(), folder / relative, reader, position)


def _check(loaded: ReadingList, folder: Path) -> None:
    if not loaded.images:
        raise ReadingListError(_("The reading list names no images."))
    if len(loaded.images) > MOST_IMAGES or len(loaded.readers) > MOST_READERS:
        raise ReadingListError(
            _("The reading list has more than {images} images or {readers} readers.").format(
                images=MOST_IMAGES, readers=MOST_READERS
            )
        )
    real_folder = folder.resolve()
    missing, outside, archives = [], [], []
    for image in {image.name: image for image in loaded.images}.values():
        try:
            real = image.path.resolve()
            if not real.is_relative_to(real_folder):  # by a link
                outside.append(image.name)
            elif not real.is_file():
                missing.append(image.name)
            elif container_of(real) is not None:
                archives.append(image.name)
        except (OSError, ValueError, RuntimeError):
            missing.append(image.name)
    for names, sentence in (
        (outside, _("These images of the reading list are outside its folder: {files}.")),
        (missing, _("These images of the reading list are not there: {files}.")),
        (archives, _("The reading list names archives; unpack them and name the images: {files}.")),
    ):
        if names:
            raise ReadingListError(sentence.format(files=_few_of(names)))


def _few_of(names: Sequence[str]) -> str:
    said = ", ".join(_quoted(name) for name in names[:NAMED_AT_MOST])
    more = len(names) - NAMED_AT_MOST
    return said if more <= 0 else _("{files} and {count} more").format(files=said, count=more)


def _quoted(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else "?" for sign in text[:LONGEST_NAME])
    return f"“{shown}”"

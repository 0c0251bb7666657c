"""The character set in which an object is written: the original's, as long as every text fits (PS3.3 C.12.1.1.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.charset import convert_encodings
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from bsnet_core.loading.header import value_of

UNICODE = "ISO_IR 192"
DEFINED_TERMS = frozenset(
    {
        *(f"ISO_IR {number}" for number in (100, 101, 109, 110, 144, 127, 126, 138, 148, 203, 13, 166, 192)),
        *("GB18030", "GBK", "", "ISO 2022 IR 6"),
        *(f"ISO 2022 IR {number}" for number in (100, 101, 109, 110, 144, 127, 126, 138, 148, 13, 166, 87, 159)),
        *("ISO 2022 IR 203", "ISO 2022 IR 149", "ISO 2022 IR 58"),
    }
)
ASCII_ALONE = frozenset({"", "ISO 2022 IR 6"})
KATAKANA = frozenset({"ISO_IR 13", "ISO 2022 IR 13"})
LOOK_ALIKES = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "−": "-", "’": "'", "“": '"', "”": '"', "…": "...", "·": "-", "°": " deg"}
)


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The characters that an object can hold.

    Attributes:
        terms: The values of Specific Character Set; empty for ASCII alone.
    """

    terms: tuple[str, ...] = ()

    @classmethod
    def of(cls, header: Dataset) -> Repertoire:
        """The one that a header declares; Unicode where it declares one that does not exist."""
        value = value_of(header, "SpecificCharacterSet")
        parts = value if isinstance(value, MultiValue | list) else [] if value is None else [value]
        terms = tuple(str(part).strip() for part in parts)
        # Several are code extensions, which have terms of their own.
        is_mixed = len(terms) > 1 and not all(term.startswith("ISO 2022") or not term for term in terms)
        return cls(terms) if DEFINED_TERMS.issuperset(terms) and not is_mixed else cls((UNICODE,))

    def including(self, texts: Iterable[str]) -> Repertoire:
        """This one if all texts fit, else Unicode."""
        return self if all(self.can_write(text) for text in texts) else Repertoire((UNICODE,))

    def can_write(self, text: str) -> bool:
        """Whether every character exists in it."""
        if text.isascii():
            return True
        return all(char.isascii() or any(_is_in(char, term) for term in self.terms) for char in text)

    def spelled(self, text: str) -> str:
        """A text of this program in it: signs that it lacks as ASCII look-alikes; letters stay as they are."""
        return text if self.can_write(text) else text.translate(LOOK_ALIKES)

    def declare_in(self, data_set: Dataset) -> None:
        """Sets Specific Character Set, or removes it."""
        if self.terms:
            data_set.SpecificCharacterSet = list(self.terms) if len(self.terms) > 1 else self.terms[0]
        elif "SpecificCharacterSet" in data_set:
            del data_set.SpecificCharacterSet


def _is_in(char: str, term: str) -> bool:
    if term in ASCII_ALONE:
        return False
    (encoding,) = convert_encodings([term])
    try:
        encoded = char.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    # Python's codec for half-width katakana knows kanji, too.
    return not (term in KATAKANA and len(encoded) > 1) and encoded.decode(encoding) == char

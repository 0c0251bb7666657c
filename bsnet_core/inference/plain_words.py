"""Free text of headers as plain words: lower case, without accents, punctuation and numbers."""

from __future__ import annotations

import re
import unicodedata

LONGEST_TEXT = 400
_ABBREVIATION = re.compile(r"(?<![^\W_])[^\W\d_](?:[.\-/][^\W\d_])+(?![^\W_])\.?")
_CAMEL_CASE = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z]{2})(?=[A-Z][a-z]{2})")


def plain(text: str) -> str:
    """Lower case, without accents and without full-width letters."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", "".join(sign for sign in decomposed if not unicodedata.combining(sign)))


def plain_set(words: str) -> frozenset[str]:
    """Words between spaces, as a set in which `plain_words` are looked up."""
    return frozenset(plain(words).split())


def plain_words(text: str) -> tuple[str, ...]:
    """The words, in order. P.A., L-L and A/P are one word; ChestLateral and CHEST_LAT1 are two."""
    separated = _CAMEL_CASE.sub(" ", unicodedata.normalize("NFKC", text[:LONGEST_TEXT]))
    joined = _ABBREVIATION.sub(lambda match: re.sub(r"[.\-/]", "", match[0]), separated)
    return tuple(re.findall(r"[^\W\d_]+", plain(joined)))

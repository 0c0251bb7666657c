"""The body part of an image as its header states it: by Body Part Examined, or by the code of the anatomic region."""

from __future__ import annotations

from bsnet_core.inference.body_part_terms import CHEST_IN_CJK, CHEST_TERMS, OTHER_IN_CJK, OTHER_TERMS
from bsnet_core.inference.plain_words import LONGEST_TEXT, plain, plain_words
from bsnet_core.radiograph import ImageMetadata

MOST_WORDS = 4
"""Words of one term, as in "lumbar and sacral spine" written apart."""
PLURALS = (("ies", "y"), ("ices", "ex"), ("ae", "a"), ("es", ""), ("es", "is"), ("s", ""), ("i", "us"), ("a", "um"))
NOT_A_BODY_PART = (("c", "arm"),)
"""Words that mean something else together: a C-arm is a device."""


def other_body_part(metadata: ImageMetadata) -> str:
    """The part that is stated instead of the chest, in the file's or the standard's words.

    Returns:
        Empty if the chest is stated, alone or with other parts, if nothing is, or if the words are unknown. Body Part
        Examined decides; the code of the anatomic region does where its words are unknown.
    """
    for text in (metadata.body_part, metadata.coded_body_part):
        is_chest, other = _parts_in(text)
        if is_chest:
            return ""
        if other:
            return other
    return ""


def _parts_in(text: str) -> tuple[bool, str]:
    """Whether the chest is named, and the first other part."""
    together = "".join(plain(text[:LONGEST_TEXT]).split())
    bones = next((sign for sign in OTHER_IN_CJK if plain(sign) in together), "")
    if any(plain(sign) in together.replace(plain(bones), "") for sign in CHEST_IN_CJK):
        return True, ""
    if bones:
        return False, bones
    words, other = plain_words(text), ""
    start = 0
    while start < len(words):
        if words[start : start + 2] in NOT_A_BODY_PART:
            start += 2
            continue
        length = next((n for n in range(MOST_WORDS, 0, -1) if _is_term(words[start : start + n], n)), 0)
        term = words[start : start + length]
        if length and _singular_in("".join(term), CHEST_TERMS):
            return True, ""
        if length and not other:
            other = " ".join(term)
        start += max(length, 1)
    return False, other.upper()


def _is_term(words: tuple[str, ...], count: int) -> bool:
    if len(words) < count:
        return False
    together = "".join(words)
    return _singular_in(together, CHEST_TERMS) or _singular_in(together, OTHER_TERMS)


def _singular_in(word: str, terms: frozenset[str]) -> bool:
    if word in terms:
        return True
    return any(word.endswith(plural) and word.removesuffix(plural) + singular in terms for plural, singular in PLURALS)

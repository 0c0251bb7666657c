"""The view of an image as its header states it: by View Position, code, or descriptions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bsnet_core.inference.plain_words import LONGEST_TEXT, plain, plain_words
from bsnet_core.inference.view_terms import (
    CHEST_PREFIXES,
    CJK_VIEWS,
    DECUBITUS_WORDS,
    FRONTAL_WORDS,
    LATERAL_PHRASES,
    LATERAL_SERIES_WORDS,
    LATERAL_VIEW_WORDS,
    LATERAL_WORDS,
    OBLIQUE_WORDS,
    SEVERAL_VIEWS_WORDS,
    YEARS_IN_POLISH,
)
from bsnet_core.radiograph import ImageMetadata

LONGEST_QUOTED = 64
"""Characters of a view that are shown."""


class View(Enum):
    """The view of the one image that a text is about."""

    FRONTAL = "frontal"
    LATERAL = "lateral"
    OBLIQUE = "oblique"


@dataclass(frozen=True, slots=True)
class StatedView:
    """A view, and what states it.

    Attributes:
        view: The view.
        words: The words that state it, and no other part of a free text, which may name the patient.
        tag: DICOM's name of the attribute; empty for the view itself, by position or code.
    """

    view: View
    words: str
    tag: str = ""


def stated_view(metadata: ImageMetadata) -> StatedView | None:
    """The view by the image's own tags, View Position before its code; None if they state none, or several."""
    for text in (metadata.view_position, metadata.coded_view):
        found = _view_in(text, LATERAL_VIEW_WORDS)
        if found is not None:
            printable = "".join(sign if sign.isprintable() else " " for sign in text)
            return StatedView(found.view, " ".join(printable.split())[:LONGEST_QUOTED])
    return None


def described_view(metadata: ImageMetadata) -> StatedView | None:
    """The view by the descriptions, the ones nearest to the image first; None if they state none, or several."""
    if not metadata.transfer_syntax:  # not DICOM: the description is the name of the file
        return None
    for text, words, tag in (
        (metadata.series_description, LATERAL_SERIES_WORDS, "Series Description"),
        (metadata.protocol_name, LATERAL_SERIES_WORDS, "Protocol Name"),
        (metadata.processing_description, LATERAL_SERIES_WORDS, "Acquisition Device Processing Description"),
        (metadata.step_description, LATERAL_WORDS, "Performed Procedure Step Description"),
        (metadata.study_description, LATERAL_WORDS, "Study Description"),
    ):
        found = _view_in(text, words, of_examination=words is LATERAL_WORDS)
        if found is not None:
            return StatedView(found.view, found.words, tag)
    return None


def _view_in(text: str, lateral_words: frozenset[str], *, of_examination: bool = False) -> StatedView | None:
    """The one view that a text names.

    Args:
        text: Free text.
        lateral_words: Words for the lateral view in this kind of text.
        of_examination: Whether the text is on a whole examination, which may have other images too.
    """
    without_spaces = _view_in_cjk(text)
    if without_spaces is not None:
        kind, sign = without_spaces
        return StatedView(View(kind), sign) if kind in {view.value for view in View} else None
    words = tuple(_without_chest(word) for word in plain_words(text))
    lateral = _lateral_in(words, text, lateral_words)
    oblique = [word for word in words if word in OBLIQUE_WORDS]
    frontal = [word for word in words if word in FRONTAL_WORDS]
    decubitus = [word for word in words if word in DECUBITUS_WORDS]
    if decubitus:
        # The patient lies on the back or on the front: a horizontal beam from the side gives a lateral view.
        is_lateral = bool(lateral) and not frontal and not {"dorsal", "ventral"}.isdisjoint(words)
        return StatedView(View.LATERAL if is_lateral else View.FRONTAL, " ".join((*lateral, *decubitus)))
    is_list = not SEVERAL_VIEWS_WORDS.isdisjoint(words) or any(sign in text for sign in "+&")
    if (lateral or oblique) and of_examination and (is_list or frontal):
        return None
    if oblique and not (frontal and (lateral or is_list or any(sign in text for sign in ",;/"))):
        return StatedView(View.OBLIQUE, " ".join((*frontal, *lateral, *oblique)))
    if lateral and not frontal:
        return StatedView(View.LATERAL, " ".join(lateral))
    if frontal and not lateral and not oblique:
        return StatedView(View.FRONTAL, " ".join(frontal))
    return None


def _lateral_in(words: tuple[str, ...], text: str, lateral_words: frozenset[str]) -> list[str]:
    is_years = any(sign.isdigit() for sign in text) and not YEARS_IN_POLISH.isdisjoint(words)
    found = [word for word in words if word in lateral_words and not (word == "lat" and is_years)]
    sentence = f" {' '.join(words)} "
    return found or [phrase for phrase in LATERAL_PHRASES if f" {plain(phrase)} " in sentence]


def _without_chest(word: str) -> str:
    for chest in CHEST_PREFIXES:
        view = word.removeprefix(chest).removesuffix(chest)
        if view != word and (view in LATERAL_WORDS or view in OBLIQUE_WORDS or view in FRONTAL_WORDS):
            return view
    return word


def _view_in_cjk(text: str) -> tuple[str, str] | None:
    """Kind of view and the signs that state it, in languages without spaces; "both" for several."""
    together = "".join(plain(text[:LONGEST_TEXT]).split())
    for kind, signs in CJK_VIEWS:
        for sign in signs:
            if plain(sign) in together:
                return ("frontal" if kind == "decubitus" else kind), sign
    return None

"""The language of all texts for people: English in the sources, others from gettext catalogues.

Every sentence goes through `translate` when it is made, never when a module is imported, so that the language can be
chosen after import:

    from bsnet_core.language import translate as _

    _("The image is small ({width} × {height} pixels).").format(width=width, height=height)
"""

from __future__ import annotations

import gettext

from bsnet_core.resources import resources_dir

SOURCE_LANGUAGE = "en"
DOMAIN = "bsnet"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = SOURCE_LANGUAGE


def translate(message: str) -> str:
    """The sentence in the language in use; the English one if the catalogue lacks it."""
    # The empty message is the catalogue's own header.
    return _catalogue.gettext(message) if message else ""


def to_translate(message: str) -> str:
    """Marks a sentence of a table that is made at import, so that it is collected; returns it unchanged."""
    return message


def translate_marked(message: str) -> str:
    """A sentence that `to_translate` has marked, in the language in use."""
    return _catalogue.gettext(message)


def translate_count(singular: str, plural: str, count: int) -> str:
    """The singular or plural of a sentence for `count`; the caller fills the number in."""
    return _catalogue.ngettext(singular, plural, count)


def languages() -> tuple[str, ...]:
    """Codes of the available languages, English first."""
    folder = resources_dir() / "languages"
    others = sorted(file.parents[1].name for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (SOURCE_LANGUAGE, *others)


def language_in_use() -> str:
    """Code of the language in use."""
    return _language


def use_language(code: str) -> None:
    """Switches the language of all sentences made from now on.

    Args:
        code: One of `languages()`; any other gives English.
    """
    global _catalogue, _language
    if code == SOURCE_LANGUAGE or code not in languages():
        _catalogue, _language = gettext.NullTranslations(), SOURCE_LANGUAGE
    else:
        _catalogue = gettext.translation(DOMAIN, resources_dir() / "languages", [code])
        _language = code

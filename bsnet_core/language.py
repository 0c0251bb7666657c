"""The language of everything that people read: English in the sources, others from gettext catalogues.

Every sentence for people goes through `translate` at the moment it is made, never when a module is imported, so that
the language can be chosen after import:

    from bsnet_core.language import translate as _

    _("The picture has only {width} × {height} pixels.").format(width=width, height=height)
"""

from __future__ import annotations

import gettext

from bsnet_core.resources import resources_dir

SOURCE_LANGUAGE = "en"
DOMAIN = "bsnet"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = SOURCE_LANGUAGE


def translate(message: str) -> str:
    """The sentence in the language in use; the English one where the catalogue lacks it."""
    # The empty message stands for the catalogue's own header.
    return _catalogue.gettext(message) if message else ""


def to_translate(message: str) -> str:
    """Marks a sentence of a table that is made at import, so that it is collected; gives it as it is."""
    return message


def translate_marked(message: str) -> str:
    """A sentence that `to_translate` has marked, in the language in use."""
    return translate(message)


def translate_count(singular: str, plural: str, count: int) -> str:
    """The form of a sentence that goes with `count`; the caller fills the number in."""
    return _catalogue.ngettext(singular, plural, count)


def languages() -> tuple[str, ...]:
    """Codes of the languages the program speaks, English first."""
    folder = resources_dir() / "languages"
    others = sorted(file.parents[1].name for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (SOURCE_LANGUAGE, *others)


def language_in_use() -> str:
    """Code of the language that sentences come in."""
    return _language


def use_language(code: str) -> None:
    """Speaks another language from now on.

    Args:
        code: One of `languages()`; what is none of them is answered in English.
    """
    global _catalogue, _language
    if code == SOURCE_LANGUAGE or code not in languages():
        _catalogue, _language = gettext.NullTranslations(), SOURCE_LANGUAGE
    else:
        _catalogue = gettext.translation(DOMAIN, resources_dir() / "languages", [code])
        _language = code

"""The pages of the help: Markdown files in one language, and a table of the current keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.commands.actions import Actions
from app.commands.keys import Keys
from app.commands.menus import inner_menu_titles, menu_titles
from app.panels.key_editor import keys_text
from bsnet_core.errors import UnforeseenError
from bsnet_core.language import SOURCE_LANGUAGE
from bsnet_core.language import translate as _
from bsnet_core.progress import Report

FOLDER = Path(__file__).parent / "texts"
KEYS_AT = "4"
"""Position of the table of keys among the numbered files."""


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page; pages are sorted by `place`."""

    place: str
    title: str
    markdown: str


def load_pages(language: str, report: Report) -> tuple[HelpPage, ...]:
    """Loads all pages in order; a page that a language lacks is in English."""
    report(_("Loading the help"), 0.0)
    pages = []
    for english in sorted((FOLDER / SOURCE_LANGUAGE).glob("*.md")):
        own = FOLDER / language / english.name
        text = (own if own.is_file() else english).read_text(encoding="utf-8")
        title = text.partition("\n")[0].removeprefix("# ")
        pages.append(HelpPage(english.stem, title, text))
    if not pages:
        raise UnforeseenError(_("The help is missing. Reinstall the program."))
    return tuple(pages)


def keys_page(actions: Actions, keys: Keys) -> HelpPage:
    """The keys of all connected actions, menu by menu."""
    title = _("Keys")
    titles = menu_titles() | {menu: inner for menu, (_outer, inner) in inner_menu_titles().items()}
    lines = [f"# {title}", "", _("All keys can be changed in the preferences."), ""]
    for menu, name in titles.items():
        rows = [spec for spec in actions.specs if spec.menu is menu and spec.name in actions.connected]
        if rows:
            lines += [f"## {name.replace('&', '')}", "", _table_head(), "| --- | --- | --- |"]
            lines += [_row((keys_text(keys.of(spec.name)), spec.plain_text, spec.tip)) for spec in rows]
            lines.append("")
    return HelpPage(KEYS_AT, title, "\n".join(lines))


def _table_head() -> str:
    return _row((_("key"), _("action"), _("what it does")))


def _row(cells: Sequence[str]) -> str:
    # Characters that Markdown would interpret, such as those of the keys + and -.
    escaped = ["".join(f"\\{sign}" if sign in "\\|*_`<>#+-[]" else sign for sign in cell) for cell in cells]
    return "| " + " | ".join(escaped) + " |"

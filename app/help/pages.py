"""The help's pages: Markdown files of one language, and the table of keys as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.commands.actions import Actions
from app.commands.keys import Keys
from app.commands.menus import inner_menu_titles, menu_titles
from app.panels.key_editor import shown
from bsnet_core.errors import UnforeseenError
from bsnet_core.language import SOURCE_LANGUAGE
from bsnet_core.language import translate as _
from bsnet_core.progress import Report

FOLDER = Path(__file__).parent / "texts"
KEYS_AT = "4"
"""The table of keys stands where its number among the files' numbers is."""


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page; its place among the others is the order of `place`."""

    place: str
    title: str
    markdown: str


def read_pages(language: str, report: Report) -> tuple[HelpPage, ...]:
    """All pages from their files, in order; English where a language lacks one."""
    report(_("Reading the help"), 0.0)
    pages = []
    for english in sorted((FOLDER / SOURCE_LANGUAGE).glob("*.md")):
        own = FOLDER / language / english.name
        text = (own if own.is_file() else english).read_text(encoding="utf-8")
        title = text.partition("\n")[0].removeprefix("# ")
        pages.append(HelpPage(english.stem, title, text))
    if not pages:
        raise UnforeseenError(_("The help is missing. Install the program again."))
    return tuple(pages)


def keys_page(actions: Actions, keys: Keys) -> HelpPage:
    """The keys of all actions that do something, menu by menu."""
    title = _("Keys")
    titles = menu_titles() | {menu: inner for menu, (_outer, inner) in inner_menu_titles().items()}
    lines = [f"# {title}", "", _("All of these can be changed in the preferences."), ""]
    for menu, name in titles.items():
        rows = [spec for spec in actions.specs if spec.menu is menu and spec.name in actions.connected]
        if rows:
            lines += [f"## {name.replace('&', '')}", "", _table_head(), "| --- | --- | --- |"]
            lines += [_row((shown(keys.of(spec.name)), spec.plain_text, spec.tip)) for spec in rows]
            lines.append("")
    return HelpPage(KEYS_AT, title, "\n".join(lines))


def _table_head() -> str:
    return _row((_("key"), _("action"), _("what it does")))


def _row(cells: Sequence[str]) -> str:
    # Signs that Markdown would take for its own, such as those of the keys + and -.
    escaped = ["".join(f"\\{sign}" if sign in "\\|*_`<>#+-[]" else sign for sign in cell) for cell in cells]
    return "| " + " | ".join(escaped) + " |"

"""The menu bar, the menu of recent files and the toolbar; none of them shows an action that nobody has connected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar, QToolButton, QWidget

from app.commands.action_table import ACTION_GROUPS, Menu
from app.commands.actions import Actions
from app.look.icons import action_icon
from app.look.theme import Colours
from app.settings.settings import Settings
from bsnet_core.language import translate as _

TOOL_BAR = (
    ("open", "open_folder"),
    ("previous", "next"),
    ("mode_window", "mode_zoom", "mode_pan", "mode_distance", "mode_angle"),
    ("fit", "actual", "invert", "rotate_right", "reset"),
    ("lungs", "zones", "explanation", "original_image"),
    ("compare_prior",),
    ("score_mode", "blind_mode", "save_reading"),
    ("analyse", "explain", "report"),
    ("preferences", "help"),
)
"""Names of the most used actions, in groups."""
EXTENSION_PX = 12
TOOL_ICON_PX = 20
"""At 100% text size."""


def menu_titles() -> dict[Menu, str]:
    """Titles of the menus in the menu bar, in their order."""
    return {
        Menu.FILE: _("&File"),
        Menu.EDIT: _("&Edit"),
        Menu.VIEW: _("&View"),
        Menu.MEASURE: _("&Measure"),
        Menu.OVERLAYS: _("&Overlays"),
        Menu.IMAGES: _("&Images"),
        Menu.LIBRARY: _("Li&brary"),
        Menu.READING: _("&Reading"),
        Menu.ANALYSIS: _("&Analysis"),
        Menu.HELP: _("&Help"),
    }


def inner_menu_titles() -> dict[Menu, tuple[Menu, str]]:
    """The menus inside other menus: the outer menu and the title of each."""
    return {Menu.PRESETS: (Menu.VIEW, _("Window pr&esets")), Menu.ZONES: (Menu.OVERLAYS, _("&Zones"))}


class RecentMenu(QMenu):
    """Files and folders opened recently."""

    def __init__(self, settings: Settings, open_paths: Callable[[Sequence[Path]], object], parent: QWidget) -> None:
        super().__init__(_("Open r&ecent"), parent)
        self._settings = settings
        self._open_paths = open_paths
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """Lists the recent files as they are now."""
        self.clear()
        for path in self._settings.recent_files:
            entry = self.addAction(path.name.replace("&", "&&"))
            entry.setToolTip(str(path))
            entry.triggered.connect(lambda checked, path=path: self._open_paths([path]))
        if self._settings.recent_files:
            self.addSeparator()
            self.addAction(_("&Forget these")).triggered.connect(self._settings.forget_files)
            return
        empty = (
            _("Nothing yet")
            if self._settings.keeps_names
            else _("Not kept, because a path may contain a patient's name")
        )
        self.addAction(empty).setEnabled(False)


def fill_menu_bar(bar: QMenuBar, actions: Actions, recent: QMenu) -> None:
    """Fills a menu bar with the connected actions, in the order of the table; an empty menu is left out.

    Args:
        bar: The menu bar to fill.
        actions: The window's actions.
        recent: Menu of recent files, which follows Open folder.
    """
    menus = {menu: QMenu(title, bar) for menu, title in menu_titles().items()}
    inner = inner_menu_titles()
    menus |= {menu: QMenu(title, bar) for menu, (_outer, title) in inner.items()}
    connected = actions.connected
    for group in ACTION_GROUPS:
        menu, entries = menus[group[0].menu], [spec.name for spec in group if spec.name in connected]
        if entries and menu.actions():
            menu.addSeparator()
        for name in entries:
            menu.addAction(actions[name])
            if name == "open_folder":
                menu.addMenu(recent)
    for kind, (outer, _title) in inner.items():
        if menus[kind].actions():
            menus[outer].addSeparator()
            menus[outer].addMenu(menus[kind])
    for kind, menu in menus.items():
        menu.setToolTipsVisible(True)
        if kind not in inner and menu.actions():
            bar.addMenu(menu)


def tool_icon_size(font_percent: int) -> QSize:
    """Size of the toolbar's icons, which grow with the texts."""
    side = round(TOOL_ICON_PX * font_percent / 100)
    return QSize(side, side)


def dress_tool_bar(bar: QToolBar, font_percent: int, colours: Colours) -> None:
    """Gives the toolbar icons as large as the texts, and a visible button for the actions that have no room in it."""
    bar.setIconSize(tool_icon_size(font_percent))
    for button in bar.findChildren(QToolButton, "qt_toolbar_ext_button"):
        button.setIcon(action_icon("chevron-double-right", colours))
        button.setIconSize(QSize(EXTENSION_PX, EXTENSION_PX))


def make_tool_bar(actions: Actions, font_percent: int, parent: QWidget) -> QToolBar:
    """A toolbar with the most used actions, as far as they are connected."""
    bar = QToolBar(_("Tools"), parent)
    bar.setObjectName("tools")
    bar.setAccessibleName(_("Tools"))
    bar.setMovable(False)
    bar.setFloatable(False)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    bar.setIconSize(tool_icon_size(font_percent))
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    connected = actions.connected
    for names in TOOL_BAR:
        group = [connected[name] for name in names if name in connected]
        if group and bar.actions():
            bar.addSeparator()
        bar.addActions(group)
    return bar

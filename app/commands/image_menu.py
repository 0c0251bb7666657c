"""The context menu of an image: the actions that readers look for where the pointer is."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from app.commands.action_table import N_PRESETS
from app.commands.actions import Actions
from bsnet_core.language import translate as _

GROUPS = (
    ("fit", "actual", "real_size"),
    ("invert", "rotate_right", "rotate_left", "flip_horizontal", "previous_state", "reset"),
    ("original_image", "lungs", "zones", "annotations", "corner_texts"),
    ("compare_prior", "earlier_prior", "later_prior", "link_views"),
    ("copy_picture", "export_picture", "tags", "history"),
)
"""Names of the actions, in groups; the window presets follow the first."""


def image_menu(actions: Actions, parent: QWidget) -> QMenu:
    """A menu of the actions that can be done now, with the window presets of the image."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    menu.setAccessibleName(_("Image menu"))
    connected = actions.connected
    for number, names in enumerate(GROUPS):
        offered = [connected[name] for name in names if name in connected and connected[name].isEnabled()]
        if offered and menu.actions():
            menu.addSeparator()
        menu.addActions(offered)
        if number == 0:
            _add_presets(menu, actions)
    return menu


def _add_presets(menu: QMenu, actions: Actions) -> None:
    names = [f"preset_{digit}" for digit in range(N_PRESETS)]
    presets = [actions.connected[name] for name in names if name in actions.connected]
    presets = [action for action in presets if action.isEnabled()]
    if presets:
        menu.addMenu(_("Window pr&esets")).addActions(presets)

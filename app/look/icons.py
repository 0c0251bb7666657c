"""Icons of qtawesome's Material Design font, in the colours of the theme and sharp at every scale."""

from __future__ import annotations

import qtawesome
from PySide6.QtGui import QIcon

from app.look.theme import Colours

FONT = "mdi6"


def action_icon(name: str, colours: Colours) -> QIcon:
    """The icon `name`, such as `ruler`, for a button or a menu entry; in the accent's text colour while checked."""
    return qtawesome.icon(
        f"{FONT}.{name}", color=colours.text, color_disabled=colours.disabled, color_on=colours.on_accent
    )


def sign(name: str, colour: str) -> QIcon:
    """An icon of one colour, for lists and messages."""
    return qtawesome.icon(f"{FONT}.{name}", color=colour, color_disabled=colour)

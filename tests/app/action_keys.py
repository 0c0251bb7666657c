"""The keys of all actions, without a window."""

from __future__ import annotations

from app.commands.action_table import ACTIONS
from app.commands.keys import Keys
from app.settings.settings import Settings


def keys_with(settings: Settings) -> Keys:
    """The default keys, and those that the settings have instead."""
    defaults = {spec.name: spec.default_keys for spec in ACTIONS}
    return Keys(defaults, {spec.name: spec.plain_text for spec in ACTIONS}, settings)

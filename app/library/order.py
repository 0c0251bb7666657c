"""Orders of the patients in the library's list; a patient's images are always together, newest study first."""

from __future__ import annotations

from enum import StrEnum

from bsnet_core.language import translate as _


class ListOrder(StrEnum):
    """Sort order of the patients."""

    LAST_OPENED = "last-opened"
    STUDY_DATE = "study-date"
    NAME = "name"
    STATE = "state"

    @property
    def words(self) -> str:
        """The order as the list of choices names it."""
        return {
            ListOrder.LAST_OPENED: _("Last opened first"),
            ListOrder.STUDY_DATE: _("Newest study first"),
            ListOrder.NAME: _("By name"),
            ListOrder.STATE: _("Unread first"),
        }[self]

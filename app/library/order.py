"""In which order the library lists its patients; films of a patient always stand together, newest study first."""

from __future__ import annotations

from enum import StrEnum

from bsnet_core.language import translate as _


class ListOrder(StrEnum):
    """What comes first."""

    LAST_OPENED = "last-opened"
    STUDY_DATE = "study-date"
    NAME = "name"
    STATE = "state"

    @property
    def words(self) -> str:
        """As it stands in the list of choices."""
        return {
            ListOrder.LAST_OPENED: _("Last opened first"),
            ListOrder.STUDY_DATE: _("Newest study first"),
            ListOrder.NAME: _("By name"),
            ListOrder.STATE: _("Not read first"),
        }[self]

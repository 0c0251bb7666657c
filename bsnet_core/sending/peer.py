"""The DICOM node that results are sent to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bsnet_core.errors import NetworkError
from bsnet_core.language import translate as _

OWN_TITLE = "BSNET"
LONGEST_TITLE = 16
"""PS3.5 Table 6.2-1, VR AE."""
_WRITTEN = re.compile(r"(?P<title>[^@]+)@(?P<host>\[[^\]]+\]|[^\[\]:@/\s]+):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True)
class Peer:
    """A storage SCP and the name we call it under.

    Attributes:
        title: Its application entity title, 1 to 16 characters.
        host: Name or address.
        port: 1 to 65535.
        own_title: Our own title, by which it may know us.
    """

    title: str
    host: str
    port: int
    own_title: str = OWN_TITLE

    def __post_init__(self) -> None:
        for title in (self.title, self.own_title):
            is_plain = title.isascii() and title.isprintable() and "\\" not in title
            if not title.strip() or len(title) > LONGEST_TITLE or not is_plain:
                raise NetworkError(
                    _("An AE title has 1 to {most} plain letters, digits or signs; “{title}” has not.").format(
                        most=LONGEST_TITLE, title=title
                    )
                )
        if not 1 <= self.port <= 65535:
            raise NetworkError(_("A port is a number from 1 to 65535; {port} is not.").format(port=self.port))

    @classmethod
    def from_text(cls, text: str, own_title: str = OWN_TITLE) -> Peer:
        """The node written as `TITLE@HOST:PORT`, as `str` gives it.

        Raises:
            NetworkError: it is not so written.
        """
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise NetworkError(
                _("Write the PACS as TITLE@HOST:PORT, such as ARCHIVE@pacs.example.org:104; got “{text}”.").format(
                    text=text
                )
            )
        return cls(found["title"].strip(), found["host"].strip("[]"), int(found["port"]), own_title)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.title}@{host}:{self.port}"

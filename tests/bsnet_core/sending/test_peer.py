import re

import pytest

from bsnet_core.errors import NetworkError
from bsnet_core.sending.peer import Peer


@pytest.mark.parametrize("text", ["ARCHIVE@pacs.example.org:104", "A B@127.0.0.1:11112", "X@[::1]:104"])
def test_a_node_is_written_as_it_was_understood(text):
    assert str(Peer.from_text(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pacs.example.org:104", "TITLE@HOST:PORT"),
        ("ARCHIVE@pacs", "TITLE@HOST:PORT"),
        ("ARCHIVE@pacs:port", "TITLE@HOST:PORT"),
        ("", "TITLE@HOST:PORT"),
        ("ARCHIVE@pacs:0", "port"),
        ("ARCHIVE@pacs:65536", "port"),
        ("SEVENTEEN LETTERS@pacs:104", "1 to 16"),
        ("Ä@pacs:104", "1 to 16"),
        ("A\\B@pacs:104", "1 to 16"),
    ],
)
def test_what_is_no_node_is_said(text, said):
    with pytest.raises(NetworkError, match=re.escape(said)):
        Peer.from_text(text)

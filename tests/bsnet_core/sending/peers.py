"""Real storage nodes on loopback: dcmtk's storescp and Orthanc."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bsnet_core.errors import NetworkError
from bsnet_core.sending.association import echo
from bsnet_core.sending.peer import Peer

WITHIN_S = 60.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def needs(program: str) -> str:
    """The path of a program; skips the test where it is not installed."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed (make peers)")
    return found


@contextmanager
def listening(command: list[str], peer: Peer) -> Iterator[None]:
    """Runs a node until the block ends; begins when it answers an echo."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as node:
        try:
            until = time.monotonic() + WITHIN_S
            while True:
                try:
                    echo(peer)
                    break
                except NetworkError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.1)
            yield
        finally:
            node.terminate()


@contextmanager
def storescp(folder: Path, *options: str, port: int | None = None) -> Iterator[Peer]:
    """dcmtk's node, which writes what it gets into a folder."""
    program = needs("storescp")
    peer = Peer("STORESCP", "127.0.0.1", port or free_port())
    command = [program, "--aetitle", peer.title, "--output-directory", str(folder), "+xa", *options, str(peer.port)]
    with listening(command, peer):
        yield peer


@contextmanager
def orthanc(folder: Path, *, knows: str = "BSNET") -> Iterator[tuple[Peer, int]]:
    """Orthanc, which stores for one AE title only; with the port of its web interface."""
    program = needs("Orthanc")
    peer, web = Peer("ORTHANC", "127.0.0.1", free_port(), knows), free_port()
    settings = {
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "DicomAet": peer.title,
        "DicomPort": peer.port,
        "HttpPort": web,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowEcho": False,
        "DicomAlwaysAllowStore": False,
        "DicomModalities": {"known": [knows, "127.0.0.1", 104]},
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    with listening([program, str(file)], peer):
        yield peer, web

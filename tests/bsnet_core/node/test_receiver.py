"""The receiver against our own sender and dcmtk's storescu."""

import os
import shutil
import subprocess
from dataclasses import replace

import pydicom
import pytest

from bsnet_core.errors import NetworkError
from bsnet_core.node.receiver import ReceiverLimits, receiving
from bsnet_core.sending.association import Outcome, StoredObject, echo, send
from bsnet_core.sending.peer import Peer
from tests.bsnet_core.sending.peers import free_port, needs
from tests.dicom_files import ramp, write_dicom


@pytest.fixture
def here():
    return Peer("BSNET", "127.0.0.1", free_port(), "SENDER")


@pytest.fixture
def film(tmp_path):
    return write_dicom(tmp_path / "film.dcm", ramp(40, 40), bits=12, PatientName="Rossi^Maria")


def outcomes(film, peer):
    found = []
    send([StoredObject.of(film)], peer, lambda each, answer: found.append(answer.outcome))
    return found


def test_an_object_arrives_as_it_was_and_once(film, here, tmp_path):
    with receiving(tmp_path / "in", here):
        echo(here)
        assert outcomes(film, here) + outcomes(film, here) == [Outcome.STORED] * 2
    (arrived,) = (tmp_path / "in").iterdir()
    assert pydicom.dcmread(arrived).PixelData == pydicom.dcmread(film).PixelData
    assert "Rossi" not in arrived.name
    if os.name != "nt":
        assert arrived.stat().st_mode & 0o077 == 0


def test_dcmtk_s_sender_is_understood(film, here, tmp_path):
    program = needs("storescu")
    with receiving(tmp_path / "in", here):
        command = [program, "-aec", here.title, here.host, str(here.port), film]
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert len(list((tmp_path / "in").iterdir())) == 1


def test_only_those_who_may_can_send_and_only_to_our_name(film, here, tmp_path):
    with receiving(tmp_path / "in", here, ReceiverLimits(callers=("SENDER",))):
        assert outcomes(film, here) == [Outcome.STORED]
        assert outcomes(film, replace(here, own_title="STRANGER")) == [Outcome.LATER]
        with pytest.raises(NetworkError, match="has another AE title"):
            echo(replace(here, title="OTHER"))


def test_what_is_too_large_is_rejected_and_a_full_disk_asks_to_try_later(film, here, tmp_path):
    with receiving(tmp_path / "in", here, ReceiverLimits(largest_bytes=100)):
        assert outcomes(film, here) == [Outcome.REJECTED]
    full = ReceiverLimits(least_free_bytes=shutil.disk_usage(tmp_path).total)
    with receiving(tmp_path / "in", replace(here, port=free_port()), full):
        pass
    other = replace(here, port=free_port())
    with receiving(tmp_path / "in", other, full):
        assert outcomes(film, other) == [Outcome.LATER]
    assert list((tmp_path / "in").iterdir()) == []


def test_a_port_that_is_taken_is_said(here, tmp_path):
    with (
        receiving(tmp_path / "in", here),
        pytest.raises(NetworkError, match="Nothing can be received"),
        receiving(tmp_path / "other", here),
    ):
        pass

"""An outbox survives crashes and a PACS that is away, and sends nothing twice."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pydicom
import pytest

from bsnet_core.errors import NetworkError
from bsnet_core.sending.outbox import Outbox, State
from bsnet_core.sending.peer import Peer
from tests.bsnet_core.sending.peers import free_port, storescp
from tests.dicom_files import ramp, write_dicom

NOW = datetime(2026, 3, 4, tzinfo=UTC)
REPOSITORY = Path(__file__).parents[3]


def films(folder, count):
    folder.mkdir()
    return [
        write_dicom(folder / f"{number}.dcm", ramp(30, 30), bits=12, PatientName="Müller^Eva", PatientID="P-4711")
        for number in range(count)
    ]


def states(outbox):
    return [entry.state for entry in outbox.entries()]


def arrived(folder):
    return {str(pydicom.dcmread(path).SOPInstanceUID) for path in folder.iterdir()}


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "arrived"
    folder.mkdir()
    return folder


def test_what_is_added_is_sent_once(tmp_path, place):
    files, outbox = films(tmp_path / "films", 3), Outbox(tmp_path / "outbox")
    with storescp(place) as peer:
        assert outbox.add(files, peer) == 3
        assert outbox.add(files, peer) == 0
        assert [entry.state for entry in outbox.send_due()] == [State.SENT] * 3
        for path in place.iterdir():
            path.unlink()
        assert outbox.add(files, peer) == 0
        assert outbox.send_due() == []
    assert list(place.iterdir()) == []
    assert list((tmp_path / "outbox").glob("*.dcm")) == []


def test_two_nodes_get_the_same_object_each(tmp_path, place):
    (file,), outbox = films(tmp_path / "films", 1), Outbox(tmp_path / "outbox")
    other = tmp_path / "other"
    other.mkdir()
    with storescp(place) as one, storescp(other) as two:
        assert outbox.add([file], one) + outbox.add([file], two) == 2
        outbox.send_due()
    assert arrived(place) == arrived(other) != set()


def test_a_node_that_is_away_for_a_day_gets_everything_when_it_is_back(tmp_path, place):
    files, outbox = films(tmp_path / "films", 2), Outbox(tmp_path / "outbox")
    port = free_port()
    away = Peer("STORESCP", "127.0.0.1", port)
    outbox.add(files, away, NOW)
    moment, attempts = NOW, 0
    while moment < NOW + timedelta(days=1):
        attempts += len(outbox.send_due(moment))
        moment = min(entry.due_at for entry in outbox.entries())
    assert states(outbox) == [State.WAITING] * 2
    assert 2 * 90 < attempts < 2 * 120  # every quarter of an hour, and sooner at first
    assert all("cannot be reached" in entry.reason for entry in outbox.entries())
    with storescp(place, port=port):
        Outbox(tmp_path / "outbox").send_due(moment)
    assert states(outbox) == [State.SENT] * 2
    assert len(arrived(place)) == 2


def test_what_a_node_refuses_is_kept_with_the_reason_and_not_tried_again(tmp_path, place):
    (file,), outbox = films(tmp_path / "films", 1), Outbox(tmp_path / "outbox")
    compressed = pydicom.dcmread(file)
    compressed.compress(pydicom.uid.RLELossless)
    compressed.save_as(file)
    with storescp(place, "+xi") as peer:
        outbox.add([file], peer)
        (entry,) = outbox.send_due()
        assert entry.state is State.REJECTED
        assert "accepts none" in entry.reason
        assert outbox.send_due() == []
    assert len(list((tmp_path / "outbox").glob("*.dcm"))) == 1


def test_only_one_program_sends_at_a_time(tmp_path):
    outbox = Outbox(tmp_path / "outbox")
    with outbox._only_sender(), pytest.raises(NetworkError, match="Another program"):
        Outbox(tmp_path / "outbox").send_due()
    assert outbox.send_due() == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_at_any_moment_it_loses_nothing(tmp_path, place):
    files, outbox = films(tmp_path / "films", 60), Outbox(tmp_path / "outbox")
    with storescp(place) as peer:
        outbox.add(files, peer)
        command = [sys.executable, "-m", "app.send_command", "--outbox", str(tmp_path / "outbox")]
        for share in (0.2, 0.5, 0.8):
            before = states(outbox).count(State.SENT)
            with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as run:
                while run.poll() is None and states(outbox).count(State.SENT) < max(before + 1, share * len(files)):
                    time.sleep(0.01)
                run.send_signal(signal.SIGKILL)
        outbox.send_due()
    assert states(outbox) == [State.SENT] * len(files)
    assert len(arrived(place)) == len(files)
    assert list((tmp_path / "outbox").glob("*.tmp")) == [] or states(outbox).count(State.SENT) == len(files)


def test_a_note_that_is_damaged_stops_nothing(tmp_path, place):
    files, outbox = films(tmp_path / "films", 2), Outbox(tmp_path / "outbox")
    with storescp(place) as peer:
        outbox.add(files, peer)
        (tmp_path / "outbox" / ("0" * 32 + ".json")).write_text("{", encoding="utf-8")
        assert [entry.state for entry in outbox.send_due()] == [State.SENT] * 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_its_notes_name_no_patient_and_its_files_are_their_owners_only(tmp_path):
    files, outbox = films(tmp_path / "films", 1), Outbox(tmp_path / "outbox")
    outbox.add(files, Peer("AWAY", "127.0.0.1", free_port()))
    outbox.send_due()
    for path in (tmp_path / "outbox").iterdir():
        assert path.stat().st_mode & 0o077 == 0
        if path.suffix != ".dcm":
            assert "ller" not in path.read_text(encoding="utf-8")
            assert "4711" not in path.read_text(encoding="utf-8")


def test_what_is_no_object_is_said_and_not_added(tmp_path):
    letter = tmp_path / "letter.dcm"
    letter.write_text("Dear colleague", encoding="utf-8")
    outbox = Outbox(tmp_path / "outbox")
    with pytest.raises(NetworkError, match=r"letter\.dcm"):
        outbox.add([letter], Peer("AWAY", "127.0.0.1", 104))
    assert outbox.entries() == []

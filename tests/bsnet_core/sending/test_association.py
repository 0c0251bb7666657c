"""Echo and store against dcmtk's storescp and Orthanc."""

import socket
import threading
import urllib.request
from dataclasses import replace

import pydicom
import pytest

from bsnet_core.errors import NetworkError
from bsnet_core.sending.association import Outcome, StoredObject, echo, send
from bsnet_core.sending.peer import Peer
from tests.bsnet_core.sending.peers import free_port, orthanc, storescp
from tests.dicom_files import ramp, write_dicom


@pytest.fixture
def objects(tmp_path):
    folder = tmp_path / "objects"
    folder.mkdir()
    return [StoredObject.of(write_dicom(folder / f"{number}.dcm", ramp(40, 40), bits=12)) for number in range(3)]


def answers(objects, peer, **more):
    found = []
    send(objects, peer, lambda each, answer: found.append((each.path.name, answer.outcome, answer.reason)), **more)
    return found


def test_objects_arrive_at_dcmtk_as_they_were(objects, tmp_path):
    place = tmp_path / "arrived"
    place.mkdir()
    with storescp(place) as peer:
        assert [(name, outcome) for name, outcome, _ in answers(objects, peer)] == [
            (each.path.name, Outcome.STORED) for each in objects
        ]
    arrived = {pydicom.dcmread(path).SOPInstanceUID: path for path in place.iterdir()}
    for each in objects:
        sent, got = pydicom.dcmread(each.path), pydicom.dcmread(arrived[each.sop_instance])
        assert got.PixelData == sent.PixelData
        assert got.PatientID == sent.PatientID


def test_objects_arrive_at_orthanc_which_stores_only_for_those_it_knows(objects, tmp_path):
    with orthanc(tmp_path) as (peer, web):
        assert {outcome for _, outcome, _ in answers(objects, peer)} == {Outcome.STORED}
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/instances") as answer:
            assert answer.read().count(b'"') == 2 * len(objects)
        stranger = replace(peer, own_title="STRANGER")
        assert {outcome for _, outcome, _ in answers(objects, stranger)} <= {Outcome.LATER, Outcome.REJECTED}
        with pytest.raises(NetworkError, match="has another AE title"):
            echo(replace(peer, title="WRONG"))


def test_a_node_that_is_not_there_is_said(objects):
    away = Peer("AWAY", "127.0.0.1", free_port())
    with pytest.raises(NetworkError, match="cannot be reached"):
        echo(away)
    assert {(outcome, "cannot be reached" in reason) for _, outcome, reason in answers(objects, away)} == {
        (Outcome.LATER, True)
    }


def test_what_listens_but_never_answers_is_given_up(objects):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        peer = Peer("SILENT", "127.0.0.1", silent.getsockname()[1])
        assert {outcome for _, outcome, _ in answers(objects, peer, time_limit_s=1.0)} == {Outcome.LATER}


def test_a_node_that_aborts_in_the_middle_loses_no_answer(objects, tmp_path):
    with storescp(tmp_path, "--abort-after") as peer:
        found = answers(objects, peer, time_limit_s=3.0)
    assert [name for name, _, _ in found] == [each.path.name for each in objects]
    assert Outcome.LATER in {outcome for _, outcome, _ in found}


def test_a_transfer_syntax_that_the_node_does_not_take_is_rejected(objects, tmp_path):
    only_implicit = tmp_path / "implicit"
    only_implicit.mkdir()
    odd = [replace(objects[0], syntax=pydicom.uid.JPEG2000Lossless)]
    with storescp(only_implicit, "+xi") as peer:
        ((_, outcome, reason),) = answers(odd, peer)
    assert outcome is Outcome.REJECTED
    assert "accepts none of these objects" in reason


def test_what_is_no_dicom_file_is_said(tmp_path):
    (tmp_path / "letter.dcm").write_text("Dear colleague")
    with pytest.raises(NetworkError, match=r"letter\.dcm is not a DICOM file"):
        StoredObject.of(tmp_path / "letter.dcm")


def test_something_that_speaks_no_dicom_is_given_up(objects):
    def talk(listener):
        connection, _ = listener.accept()
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        threading.Thread(target=talk, args=(listener,), daemon=True).start()
        peer = Peer("WEB", "127.0.0.1", listener.getsockname()[1])
        assert {outcome for _, outcome, _ in answers(objects, peer, time_limit_s=5.0)} == {Outcome.LATER}

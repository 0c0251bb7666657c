"""`bsnet-node` with the shipped model and dcmtk's storescp."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pydicom
import pytest

from app.node_command import main
from bsnet_core.resources import sample_files
from bsnet_core.sending.association import StoredObject, send
from bsnet_core.sending.peer import Peer
from tests.bsnet_core.sending.peers import WITHIN_S, free_port, listening, storescp

REPOSITORY = Path(__file__).parents[2]
OF_EACH_IMAGE = {"SR": 1, "SEG": 2, "PR": 1, "OT": 1}


def incoming(tmp_path, count):
    folder, arrived = tmp_path / "in", tmp_path / "arrived"
    folder.mkdir()
    arrived.mkdir()
    for number, path in enumerate(sample_files()[:count]):
        shutil.copy(path, folder / f"Rossi Maria {number}.dcm")
    return folder, arrived


def results(arrived):
    """Modalities of what arrived, by the image that it belongs to."""
    found: dict[str, Counter[str]] = {}
    for path in arrived.iterdir():
        header = pydicom.dcmread(path, stop_before_pixels=True)
        found.setdefault(str(header.StudyInstanceUID), Counter())[header.Modality] += 1
    return found


def test_what_arrives_is_scored_and_sent_once_and_the_log_names_nobody(tmp_path, capsys):
    folder, arrived = incoming(tmp_path, 2)
    (folder / "letter.dcm").write_text("Dear Mrs Rossi")
    with storescp(arrived) as peer:
        call = [str(folder), "--to", str(peer), "--state", str(tmp_path / "state"), "--at-rest", "0", "--until-empty"]
        assert main([*call, "--device", "cpu"]) == 0
        assert main([*call, "--device", "cpu"]) == 0
    assert all(counts == OF_EACH_IMAGE for counts in results(arrived).values())
    assert len(results(arrived)) == 2
    said = capsys.readouterr().out
    assert said.count("\tscored") == 2
    assert said.count("not scored [unreadable]") == 1
    assert "Rossi" not in said
    assert "letter" not in said
    assert len(list(folder.iterdir())) == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_in_the_middle_it_loses_nothing_and_sends_nothing_twice(tmp_path):
    folder, arrived = incoming(tmp_path, 3)
    state = tmp_path / "state"
    with storescp(arrived) as peer:
        arguments = [str(folder), "--to", str(peer), "--state", str(state), "--at-rest", "0", "--until-empty"]
        command = [sys.executable, "-m", "app.node_command", *arguments, "--device", "cpu"]
        for marks in (("stage/*",), ("outbox/*.json", "done/*")):
            known = {path for mark in marks for path in state.glob(mark)}
            with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
                while run.poll() is None and not {path for mark in marks for path in state.glob(mark)} - known:
                    time.sleep(0.005)
                run.send_signal(signal.SIGKILL)
        assert main([*arguments, "--device", "cpu"]) == 0
    assert len(results(arrived)) == len({pydicom.dcmread(path).StudyInstanceUID for path in folder.iterdir()})
    assert sum((counts for counts in results(arrived).values()), Counter()) == Counter(
        {modality: 3 * count for modality, count in OF_EACH_IMAGE.items()}
    )
    assert list((state / "stage").iterdir()) == []


def test_what_is_sent_to_it_is_scored_and_sent_on(tmp_path):
    folder, arrived = tmp_path / "in", tmp_path / "arrived"
    folder.mkdir()
    arrived.mkdir()
    node = Peer("BSNET", "127.0.0.1", free_port())
    with storescp(arrived) as peer:
        arguments = [str(folder), "--to", str(peer), "--state", str(tmp_path / "state"), "--at-rest", "0.5"]
        command = [sys.executable, "-m", "app.node_command", *arguments, "--listen", str(node.port)]
        with listening([*command, "--device", "cpu"], node):
            send([StoredObject.of(sample_files()[0])], node, lambda each, answer: None)
            until = time.monotonic() + WITHIN_S
            while len(list(arrived.iterdir())) < sum(OF_EACH_IMAGE.values()) and time.monotonic() < until:
                time.sleep(0.1)
    assert list(results(arrived).values()) == [Counter(OF_EACH_IMAGE)]


def test_a_folder_that_is_not_there_is_said(tmp_path, capsys):
    assert main([str(tmp_path / "gone"), "--to", "A@127.0.0.1:104", "--state", str(tmp_path)]) == 1
    assert "There is no folder" in capsys.readouterr().err

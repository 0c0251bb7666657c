"""`bsnet-send` as it is called, against dcmtk's storescp."""

import shutil

from app.send_command import main
from bsnet_core.resources import sample_files
from tests.bsnet_core.sending.peers import free_port, storescp


def test_a_folder_is_sent_once_and_the_status_says_so(tmp_path, capsys):
    place, folder, outbox = tmp_path / "arrived", tmp_path / "films", str(tmp_path / "outbox")
    place.mkdir()
    folder.mkdir()
    for number, path in enumerate(sample_files()[:2]):
        shutil.copy(path, folder / f"{number}.dcm")
    with storescp(place) as peer:
        call = [str(folder), "--to", str(peer), "--outbox", outbox]
        assert main(call) == 0
        assert main(call) == 0
    assert len(list(place.iterdir())) == 2
    said = capsys.readouterr().out
    assert "2 added to the outbox" in said
    assert "0 added to the outbox" in said
    assert main(["--status", "--outbox", outbox]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["sent", str(peer)]] * 2


def test_a_node_that_is_away_is_said_and_its_objects_wait(tmp_path, capsys):
    away = f"AWAY@127.0.0.1:{free_port()}"
    assert main([str(sample_files()[0]), "--to", away, "--outbox", str(tmp_path)]) == 1
    assert "cannot be reached" in capsys.readouterr().out
    assert main(["--status", "--outbox", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith("waiting\t")


def test_an_echo_says_whether_the_node_answers(tmp_path, capsys):
    with storescp(tmp_path) as peer:
        assert main(["--echo", "--to", str(peer)]) == 0
    assert f"{peer} answers." in capsys.readouterr().out
    assert main(["--echo", "--to", f"AWAY@127.0.0.1:{free_port()}"]) == 1
    assert "cannot be reached" in capsys.readouterr().err

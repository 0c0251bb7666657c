import pydicom
import pytest

from bsnet_core.errors import NetworkError
from bsnet_core.node.result_stage import ResultStage
from bsnet_core.sending.outbox import Outbox
from bsnet_core.sending.peer import Peer
from tests.dicom_files import ramp, write_dicom

PEER = Peer("AWAY", "127.0.0.1", 104)


@pytest.fixture
def objects(tmp_path):
    made = [pydicom.dcmread(write_dicom(tmp_path / f"{number}.dcm", ramp(20, 20), bits=12)) for number in range(2)]
    for each in made:
        each.Modality = "OT"
    return made


def test_results_go_into_the_outbox_once_however_often_they_are_handed_over(tmp_path, objects):
    outbox = Outbox(tmp_path / "outbox")
    stage = ResultStage(tmp_path / "stage", outbox, PEER)
    assert not stage.has("key")
    stage.put("key", objects)
    stage.hand_over("key")
    again = ResultStage(tmp_path / "stage", outbox, PEER)
    assert again.has("key")
    again.hand_over("key")
    assert len(outbox.entries()) == 2
    again.drop("key")
    assert not again.has("key")
    assert len(outbox.entries()) == 2


def test_results_that_were_half_written_are_made_anew(tmp_path, objects):
    stage = ResultStage(tmp_path / "stage", Outbox(tmp_path / "outbox"), PEER)
    half = tmp_path / "stage" / "key"
    half.mkdir(parents=True)
    (half / "OT-1.dcm").write_bytes(b"half")
    assert not stage.has("key")
    stage.put("key", objects)
    assert stage.has("key")
    assert len(list((tmp_path / "stage" / "key.whole").iterdir())) == 2


def test_results_stay_while_the_outbox_cannot_be_written_to(tmp_path, objects):
    (tmp_path / "outbox").write_text("in the way")
    stage = ResultStage(tmp_path / "stage", Outbox(tmp_path / "outbox"), PEER)
    stage.put("key", objects)
    with pytest.raises(NetworkError):
        stage.hand_over("key")
    assert stage.has("key")

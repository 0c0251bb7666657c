"""An image is stored upside down: the viewer says so, offers the repair, and every result tells of it."""

import shutil

import pytest

from app.report.csv_tables import BatchResult
from bsnet_core.model.content_head import ContentOutput
from bsnet_core.repair import RepairStep
from tests.bsnet_core.inference.told_content import write_told_check

pytestmark = pytest.mark.usefixtures("shipped_model")
RESULT_WITHIN_MS = 120_000


@pytest.fixture(scope="module")
def doubtful_model(shipped_model, tmp_path_factory):
    """The shipped model with a content check that finds every image upside down."""
    folder = tmp_path_factory.mktemp("doubtful") / "model"
    shutil.copytree(shipped_model, folder)
    write_told_check(folder, ContentOutput.UPSIDE_DOWN)
    return folder


def wait_for_result(qtbot, viewer, repairs):
    def is_there():
        image = viewer.session.current
        return image is not None and image.prediction is not None and image.prediction.repairs == repairs

    qtbot.waitUntil(is_there, timeout=RESULT_WITHIN_MS)


def test_the_repair_is_offered_done_by_one_key_told_of_and_undone(qtbot, open_viewer, doubtful_model):
    viewer = open_viewer("--model", doubtful_model, "--device", "cpu")
    wait_for_result(qtbot, viewer, ())
    before = viewer.session.current
    assert "upside down" in viewer.scores.notes_text
    assert viewer.scores.repair_button.isVisibleTo(viewer.scores)
    assert viewer.scores.repair_button.text() == "Repair: rotate by 180°"
    assert not viewer.actions_by_name["undo_repair"].isEnabled()

    viewer.actions_by_name["repair"].trigger()
    wait_for_result(qtbot, viewer, ("rotated-180",))
    image = viewer.session.current
    assert image.repairs == (RepairStep.ROTATED_180,)
    assert image.prediction.frames.turn != before.prediction.frames.turn
    assert "Repaired on request" in viewer.scores.notes_text
    assert viewer.scores.notes_text.count("Repaired on request") == 1
    assert "According to its file" not in viewer.scores.notes_text
    assert "Repaired on request" in " ".join(
        BatchResult.of("a", image.metadata, image.loading_notes).with_prediction(image.prediction).notes
    )

    viewer.scores.undo_repair_button.click()
    wait_for_result(qtbot, viewer, ())
    assert viewer.session.current.repairs == ()
    assert viewer.session.current.prediction.score == before.prediction.score
    assert not viewer.scores.undo_repair_button.isVisibleTo(viewer.scores)

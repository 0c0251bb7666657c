"""A radiologist lets the network score films: the real weights, the real window."""

import subprocess
import sys

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QPushButton

from app.canvas.overlays.zones import zone_polygon
from app.session.open_image import ImageState
from bsnet_core.brixia import Zone
from bsnet_core.explanation import Masking
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from tests.dicom_files import ramp, write_dicom

pytestmark = pytest.mark.usefixtures("shipped_model")
RESULT_WITHIN_MS = 120_000


@pytest.fixture(scope="module")
def cpu_predictor(shipped_model):
    from bsnet_core.inference.predictor import Predictor

    return Predictor.load(shipped_model, device="cpu")


def wait_until_analysed(qtbot, viewer, key):
    def analysed():
        current = viewer.session.current
        return current is not None and current.key == key and current.prediction is not None

    qtbot.waitUntil(analysed, timeout=RESULT_WITHIN_MS)


def wait_for_states(qtbot, viewer, states):
    qtbot.waitUntil(lambda: [image.state for image in viewer.session.images] == states, timeout=RESULT_WITHIN_MS)


def on_screen(viewer):
    return viewer.view.grab().toImage()


def test_the_first_sample_is_analysed_by_itself_and_everything_appears(
    qtbot, open_viewer, shipped_model, cpu_predictor
):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu")
    wait_until_analysed(qtbot, viewer, 0)
    image = viewer.session.current
    expected = cpu_predictor.predict(load_radiograph(sample_files()[0]))
    assert image.prediction.score == expected.score
    assert [viewer.scores.cell(zone).score_text for zone in Zone] == list(str(expected.score))
    assert viewer.scores.total_text == f"Global {expected.score.total} / 18"
    assert expected.model.version in viewer.scores.model_text
    assert expected.model.sha256[:8] in viewer.scores.model_text
    assert viewer.scores.notes_text == "\n".join(expected.quality)
    with_overlays = on_screen(viewer)
    for name in ("lungs", "zones"):
        viewer.actions_by_name[name].trigger()
        without = on_screen(viewer)
        assert without != with_overlays
        with_overlays = without


def test_lungs_score_and_map_arrive_one_after_the_other_and_each_is_seen_at_once(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", sample_files()[0], explains=True)
    seen = []

    def look(step):
        image, drawn = viewer.session.current, viewer.view.overlays
        has_map = image.explanation is not None and drawn.explanation is not None
        seen.append((step, drawn.lungs is not None, image.prediction is not None and bool(drawn.labels), has_map))

    viewer.inference.lungs_found.connect(lambda key, lungs: look("lungs"))
    viewer.inference.analysed.connect(lambda key: look("score"))
    wait_until_analysed(qtbot, viewer, 0)
    qtbot.waitUntil(lambda: viewer.session.current.explanation is not None, timeout=RESULT_WITHIN_MS)
    look("map")
    assert seen == [
        ("lungs", True, False, False),
        ("score", True, True, False),
        ("map", True, True, True),
    ]


def test_zones_a_to_c_lie_over_the_left_of_the_picture(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", sample_files()[4])
    wait_until_analysed(qtbot, viewer, 0)
    frames = viewer.view.overlays.frames
    middle = frames.image_shape[1] / 2
    for zone in Zone:
        x = zone_polygon(frames, zone).boundingRect().center().x()
        assert x < middle if zone.is_patient_right else x > middle


def test_choosing_another_study_stops_the_first_at_once_and_analyses_the_other(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:2])
    wait_for_states(qtbot, viewer, [ImageState.ANALYSING, ImageState.READY])
    qtbot.waitUntil(lambda: viewer.session.radiograph_of(1) is not None, timeout=RESULT_WITHIN_MS)
    viewer.session.select(1)
    assert viewer.session.image(0).state is ImageState.READY
    assert viewer.session.image(1).state is ImageState.ANALYSING
    wait_until_analysed(qtbot, viewer, 1)
    assert viewer.session.image(0).prediction is None
    viewer.session.select(0)
    wait_until_analysed(qtbot, viewer, 0)


def test_going_back_to_an_analysed_study_shows_its_result_without_a_second_analysis(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:2])
    wait_until_analysed(qtbot, viewer, 0)
    first = viewer.session.image(0).prediction
    viewer.session.select(1)
    wait_until_analysed(qtbot, viewer, 1)
    viewer.session.select(0)
    assert not viewer.inference.is_busy
    assert viewer.session.current.prediction is first
    assert viewer.view.overlays.frames is first.frames
    assert viewer.scores.total_text == f"Global {first.score.total} / 18"


def test_cancel_stops_the_analysis_and_it_can_be_started_again(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", sample_files()[0])
    qtbot.waitUntil(lambda: viewer.inference.is_busy)
    viewer.actions_by_name["cancel"].trigger()
    assert not viewer.inference.is_busy
    assert viewer.session.current.state is ImageState.READY
    assert viewer.view.radiograph is not None
    viewer.actions_by_name["analyse"].trigger()
    wait_until_analysed(qtbot, viewer, 0)


def test_the_map_follows_the_score_by_itself_and_stays_hidden_until_it_is_wanted(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", sample_files()[0], explains=True)
    wait_until_analysed(qtbot, viewer, 0)
    before = on_screen(viewer)

    def explained():
        explanation = viewer.session.current.explanation
        return explanation is not None and explanation.is_whole and not viewer.inference.is_busy

    qtbot.waitUntil(explained, timeout=RESULT_WITHIN_MS)
    assert on_screen(viewer) == before
    made = viewer.session.current.explanation
    viewer.actions_by_name["explain"].trigger()
    assert viewer.actions_by_name["explanation"].isChecked()
    assert not viewer.inference.is_busy
    assert viewer.session.current.explanation is made
    assert on_screen(viewer) != before


def test_asking_for_a_map_that_grows_shows_it_and_does_not_begin_anew(qtbot, open_viewer, shipped_model):
    viewer = open_viewer(
        "--model", shipped_model, "--device", "cpu", sample_files()[1], explains=True, masking=Masking.BLACK
    )
    wait_until_analysed(qtbot, viewer, 0)
    qtbot.waitUntil(lambda: viewer.inference.is_explaining(0), timeout=RESULT_WITHIN_MS)
    begun = []
    viewer.inference.busy_changed.connect(begun.append)
    viewer.actions_by_name["explain"].trigger()
    assert viewer.actions_by_name["explanation"].isChecked()
    assert viewer.inference.is_explaining(0)
    assert begun == []


def test_no_map_comes_by_itself_where_it_is_not_wanted(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", sample_files()[0], explains=False)
    ends = []
    viewer.inference.analysed.connect(ends.append)
    qtbot.waitUntil(lambda: ends == [0], timeout=RESULT_WITHIN_MS)
    assert not viewer.inference.is_busy
    assert viewer.session.current.explanation is None


def test_opening_another_film_stops_the_map_that_grows_by_itself(qtbot, open_viewer, shipped_model):
    viewer = open_viewer(
        "--model", shipped_model, "--device", "cpu", *sample_files()[:2], explains=True, masking=Masking.BLACK
    )
    qtbot.waitUntil(lambda: viewer.inference.is_explaining(0), timeout=RESULT_WITHIN_MS)
    viewer.session.select(1)
    wait_until_analysed(qtbot, viewer, 1)
    first = viewer.session.image(0).explanation
    assert first is None or not first.is_whole


def test_a_long_analysis_shows_its_stage_and_a_cancel_button(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", sample_files()[4], masking=Masking.BLACK)
    wait_until_analysed(qtbot, viewer, 0)
    (cancel,) = [button for button in viewer.statusBar().findChildren(QPushButton) if button.text() == "Cancel"]
    assert not cancel.isVisible()
    viewer.actions_by_name["explain"].trigger()
    qtbot.waitUntil(cancel.isVisible)
    cancel.click()
    assert not cancel.isVisible()
    assert not viewer.inference.is_busy
    assert viewer.session.current.prediction is not None
    assert viewer.session.current.explanation is None


def test_a_lateral_view_is_shown_and_not_scored_and_the_reason_is_said(qtbot, open_viewer, shipped_model, tmp_path):
    path = write_dicom(tmp_path / "lateral.dcm", ramp(700, 600), bits=12, ViewPosition="LL")
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", path)
    wait_for_states(qtbot, viewer, [ImageState.NOT_SCORED])
    assert viewer.view.radiograph is not None
    assert "lateral" in viewer.scores.notes_text.lower()
    assert viewer.scores.total_text == "Global –"
    assert viewer.messages.text == ""


def test_entered_scores_stay_through_analysis_and_are_compared(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:2])
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None)
    for zone in Zone:
        viewer.scores.cell(zone).entry.button(zone.row).click()
    wait_until_analysed(qtbot, viewer, 0)
    viewer.session.select(1)
    assert {viewer.scores.cell(zone).entry.score for zone in Zone} == {None}
    viewer.session.select(0)
    assert [viewer.scores.cell(zone).entry.score for zone in Zone] == [0, 1, 2, 0, 1, 2]
    assert viewer.scores.own_text.startswith("Yours: 6 / 18")
    assert viewer.scores.comparison_text.startswith("Global difference ")


def test_a_corrupt_file_keeps_picture_prediction_and_entered_score(qtbot, open_viewer, shipped_model, tmp_path):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", sample_files()[0])
    wait_until_analysed(qtbot, viewer, 0)
    viewer.scores.cell(Zone.D).entry.button(3).click()
    before, shown = viewer.session.current, on_screen(viewer)
    corrupt = tmp_path / "corrupt.dcm"
    corrupt.write_bytes(sample_files()[0].read_bytes()[:5000])
    viewer.open_paths([corrupt])
    qtbot.waitUntil(lambda: viewer.messages.text.startswith("Error: corrupt.dcm: "))
    assert viewer.session.current is before
    assert viewer.session.current.draft == {Zone.D: 3}
    viewer.messages.hide()
    qtbot.waitUntil(lambda: on_screen(viewer) == shown)


def test_the_pointer_finds_the_lungs_where_the_overlay_shows_them(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", sample_files()[4])
    wait_until_analysed(qtbot, viewer, 0)
    prediction = viewer.session.current.prediction
    outline = viewer.view.overlays.lungs.path
    rows, columns = prediction.lung_mask.nonzero()
    every = slice(None, None, 997)
    inside = [outline.contains(QPointF(x + 0.5, y + 0.5)) for y, x in zip(rows[every], columns[every], strict=True)]
    assert sum(inside) > 0.95 * len(inside)


def test_all_studies_are_analysed_one_after_the_other_with_the_picture_left_alone(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:4])
    wait_until_analysed(qtbot, viewer, 0)
    steps = []
    viewer.inference.batch_changed.connect(lambda done, size: steps.append((done, size)))
    viewer.inference.analyse_all()
    qtbot.waitUntil(lambda: all(image.score is not None for image in viewer.session.images), timeout=RESULT_WITHIN_MS)
    qtbot.waitUntil(lambda: steps[-1] == (0, 0))
    assert steps[0] == (0, 3)
    assert viewer.session.current.key == 0


def test_a_study_chosen_meanwhile_goes_before_the_others_and_the_row_goes_on(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:4])
    wait_until_analysed(qtbot, viewer, 0)
    scored = []
    viewer.session.image_changed.connect(
        lambda key: scored.append(key) if viewer.session.image(key).score and key not in scored else None
    )
    viewer.inference.analyse_all()
    viewer.session.select(3)
    qtbot.waitUntil(lambda: all(image.score is not None for image in viewer.session.images), timeout=RESULT_WITHIN_MS)
    assert next(key for key in scored if key != 0) == 3


def test_cancel_ends_the_row_of_all_studies(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:4])
    wait_until_analysed(qtbot, viewer, 0)
    viewer.inference.analyse_all()
    assert viewer.inference.is_busy
    viewer.inference.cancel()
    assert not viewer.inference.is_busy
    with qtbot.assertNotEmitted(viewer.inference.busy_changed, wait=300):
        pass
    assert [image.score is None for image in viewer.session.images] == [False, True, True, True]


CLOSE_WHILE_BUSY = """
import sys
import app.__main__ as viewer
from bsnet_core.resources import sample_files

opened, moment = viewer.open_window, sys.argv[1]

def open_and_close_when_busy(*arguments):
    window = opened(*arguments)

    def follow(stage, share):
        explaining = window.session.current.prediction is not None
        if moment == {"Loading the network": "loading"}.get(stage, "explaining" if explaining else "analysing"):
            window.close()

    def explain(key):
        if moment == "explaining" and window.session.image(key).prediction and not window.inference.is_busy:
            window.actions_by_name["explain"].trigger()

    window.inference.progressed.connect(follow)
    window.inference.busy_changed.connect(lambda busy: explain(window.session.current.key))
    return window

viewer.open_window = open_and_close_when_busy
status = viewer.main(["--device", "cpu", str(sample_files()[0])])
assert "torch" not in sys.modules
print("closed while", moment)
sys.exit(status)
"""


@pytest.mark.parametrize("moment", ["loading", "analysing", "explaining"])
def test_closing_amid_the_network_s_work_ends_the_program_cleanly(own_home, moment):
    ended = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", CLOSE_WHILE_BUSY, moment],
        capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"closed while {moment}\n"
    for sign in ("Traceback", "QThread", "Fatal", "Segmentation", "terminate called"):
        assert sign not in ended.stderr
    (log,) = own_home.rglob("viewer.log")
    assert "ERROR" not in log.read_text()


def test_a_screenshot_of_the_first_result_is_taken_and_the_program_ends(own_home, tmp_path):
    image = tmp_path / "window.png"
    arguments = ["--device", "cpu", "--screenshot", str(image), str(sample_files()[0])]
    ended = subprocess.run(
        [sys.executable, "-m", "app", *arguments], capture_output=True, text=True, timeout=250, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert image.stat().st_size > 50_000

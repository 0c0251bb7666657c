"""A radiologist goes through a folder: what comes next is scored already, and what was scored stays so."""

import re

import numpy as np
import pytest
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.background.network import Network
from app.session.open_image import ImageState
from bsnet_core.brixia import Zone
from bsnet_core.resources import sample_files

pytestmark = pytest.mark.usefixtures("shipped_model")
RESULT_WITHIN_MS = 120_000


def wait_for_scores(qtbot, viewer, *keys):
    def scored():
        return {image.key for image in viewer.session.images if image.score is not None}

    qtbot.waitUntil(lambda: scored() >= set(keys), timeout=RESULT_WITHIN_MS)


def opened(qtbot, open_viewer, model, *files, **more):
    viewer = open_viewer("--model", model, "--device", "cpu", *files, **more)
    qtbot.waitUntil(
        lambda: len(viewer.session.images) == len(files) and all(image.is_loaded for image in viewer.session.images)
    )
    return viewer


def all_texts(viewer):
    found = []
    for widget in viewer.findChildren(QWidget):
        found += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
        found += [value() for value in (getattr(widget, name, None) for name in ("text", "title")) if callable(value)]
    return found


def test_all_open_images_are_scored_while_nobody_asks_the_shown_one_first(qtbot, open_viewer, shipped_model):
    order = []
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *sample_files()[:3], analyses_all=True)

    def note(key):
        if viewer.session.image(key).score is not None and key not in order:
            order.append(key)

    viewer.session.image_changed.connect(note)
    qtbot.waitUntil(lambda: len(order) == 3, timeout=RESULT_WITHIN_MS)
    assert order == [0, 1, 2]
    assert viewer.session.current.key == 0


def test_the_preference_switches_it_off_and_on_and_cancel_stops_it(qtbot, open_viewer, shipped_model):
    viewer = opened(qtbot, open_viewer, shipped_model, *sample_files()[:3])
    wait_for_scores(qtbot, viewer, 0)
    box = viewer.preferences.control("analyses_all")
    assert not box.isChecked()
    with qtbot.assertNotEmitted(viewer.inference.busy_changed, wait=200):
        pass
    box.click()
    assert viewer.session.image(1).state is ImageState.ANALYSING
    assert viewer.actions_by_name["cancel"].isEnabled()
    viewer.actions_by_name["cancel"].trigger()
    assert viewer.session.image(1).state is ImageState.READY
    with qtbot.assertNotEmitted(viewer.inference.busy_changed, wait=200):
        pass
    viewer.actions_by_name["analyse_all"].trigger()
    wait_for_scores(qtbot, viewer, 1, 2)


def test_an_image_scored_ahead_is_explained_when_it_is_shown(qtbot, open_viewer, shipped_model):
    viewer = open_viewer(
        "--model", shipped_model, "--device", "cpu", *sample_files()[:2], explains=True, analyses_all=True
    )
    wait_for_scores(qtbot, viewer, 0, 1)
    assert viewer.session.image(1).explanation is None
    viewer.session.select(1)
    qtbot.waitUntil(lambda: viewer.session.image(1).explanation is not None, timeout=RESULT_WITHIN_MS)


def test_work_ahead_does_not_take_the_explanation_from_the_reader(qtbot, open_viewer, shipped_model):
    viewer = opened(qtbot, open_viewer, shipped_model, *sample_files()[:3])
    wait_for_scores(qtbot, viewer, 0)
    viewer._settings.analyses_all = True
    assert viewer.inference.is_busy
    assert viewer.actions_by_name["explain"].isEnabled()
    viewer.actions_by_name["explain"].trigger()
    assert viewer.inference.is_explaining(0)
    qtbot.waitUntil(lambda: viewer.session.image(0).explanation is not None, timeout=RESULT_WITHIN_MS)
    wait_for_scores(qtbot, viewer, 1, 2)


def test_after_a_restart_the_score_is_there_without_the_network(qtbot, open_viewer, shipped_model, monkeypatch):
    viewer = opened(qtbot, open_viewer, shipped_model, *sample_files()[:2], analyses_all=True)
    wait_for_scores(qtbot, viewer, 0, 1)
    before = [image.prediction for image in viewer.session.images]
    viewer.close()

    def fail(*arguments, **more):
        raise AssertionError("The network was asked for what is known.")

    monkeypatch.setattr(Network, "predict", fail)
    again = opened(qtbot, open_viewer, shipped_model, *sample_files()[:2], analyses_all=True)
    wait_for_scores(qtbot, again, 0, 1)
    for image, known in zip(again.session.images, before, strict=True):
        assert np.array_equal(image.prediction.zone_probabilities, known.zone_probabilities)
        assert image.prediction.quality == known.quality
    assert again.view.overlays.lungs is not None
    assert again.scores.total_text == f"Global {before[0].score.total} / 18"


def test_analysing_again_asks_the_network(qtbot, open_viewer, shipped_model, monkeypatch):
    viewer = opened(qtbot, open_viewer, shipped_model, sample_files()[0])
    wait_for_scores(qtbot, viewer, 0)
    qtbot.waitUntil(lambda: not viewer.inference.is_busy)
    asked = []
    really = Network.predict
    monkeypatch.setattr(Network, "predict", lambda self, *rest: asked.append(1) or really(self, *rest))
    viewer.actions_by_name["analyse"].trigger()
    qtbot.waitUntil(lambda: bool(asked) and not viewer.inference.is_busy, timeout=RESULT_WITHIN_MS)


def test_the_change_since_the_prior_is_in_the_zones_and_beside_them_and_never_in_blind_mode(
    qtbot, open_viewer, shipped_model
):
    day_0, day_4 = sample_files()[:2]
    viewer = opened(qtbot, open_viewer, shipped_model, day_4, day_0)
    wait_for_scores(qtbot, viewer, 0)
    viewer.actions_by_name["compare_prior"].trigger()
    qtbot.waitUntil(lambda: viewer.group.prior_shown)
    viewer._settings.analyses_all = True
    wait_for_scores(qtbot, viewer, 1)
    now, before = viewer.session.image(0).score, viewer.session.image(1).score
    assert viewer.view.overlays.changes == {zone: now[zone] - before[zone] for zone in Zone}
    assert "Δ since" in viewer.scores.change_text
    with_change = viewer.view.grab().toImage()
    viewer.actions_by_name["compare_prior"].trigger()
    assert viewer.scores.change_text == ""
    assert not viewer.view.overlays.changes
    viewer.actions_by_name["compare_prior"].trigger()
    qtbot.waitUntil(lambda: "Δ since" in viewer.scores.change_text)
    viewer.session.reader = "Dr Blind"
    viewer.session.blind = True
    assert viewer.scores.change_text == ""
    assert not viewer.view.overlays.changes
    assert not any("Δ since" in text for text in all_texts(viewer))
    assert viewer.view.grab().toImage() != with_change


def test_images_scored_ahead_stay_hidden_from_a_blind_reader(qtbot, open_viewer, shipped_model):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", "--no-samples", analyses_all=True)
    viewer._settings.blind = True
    viewer.session.reader = "Dr Blind"
    assert viewer.session.blind
    viewer.open_paths(sample_files()[:2])
    qtbot.waitUntil(lambda: len(viewer.session.images) == 2)
    wait_for_scores(qtbot, viewer, 0, 1)
    assert all("Dr Blind" not in image.seen_by for image in viewer.session.images)
    texts = all_texts(viewer)
    for chooser in viewer.images.findChildren(QAbstractItemView):
        texts += [str(chooser.model().index(row, 0).data()) for row in range(chooser.model().rowCount())]
    assert any("analysed" in text for text in texts)
    assert not any(re.search(r"predicted \d", text) for text in texts)

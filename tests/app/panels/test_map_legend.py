import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QLabel
from scipy.ndimage import minimum_filter

from app.canvas.overlays.explanation_map import severity_colours
from app.canvas.overlays.map_scale import WHOLE_MAP, MapColours, MapView
from app.panels.map_legend import SCALE_STEPS, MapLegend
from app.session.open_image import ImageState, OpenImage
from bsnet_core.brixia import Zone
from bsnet_core.explanation import Masking, Mode
from tests.app.predictions import explanation, prediction
from tests.app.report.images import pixels_of

CLASSES = MapView(colours=MapColours.CLASSES)


@pytest.fixture
def legend(qtbot):
    made = MapLegend()
    qtbot.addWidget(made)
    made.resize(420, 200)
    made.show()
    return made


def image_with(explained=None, score="012321"):
    result = prediction(score)
    return OpenImage(
        0, Path("/films/a.dcm"), ImageState.ANALYSED, score=result.score, prediction=result, explanation=explained
    )


def text_of(legend):
    return legend.findChild(QLabel).text()


def in_words(legend):
    return legend.findChild(QLabel).accessibleDescription()


@pytest.mark.parametrize(
    ("masking", "said"),
    [
        (Masking.BLACK, "Computed: blackened (paper), exact"),
        (Masking.LUNGS_HELD, "Computed: blackened, same lungs, exact"),
        (Masking.EVIDENCE, "Computed: evidence"),
    ],
)
def test_the_legend_says_what_is_shown_and_what_the_strongest_colour_means(legend, masking, said):
    evidence = np.zeros((16, 3, 2), dtype=np.float32)
    evidence[6, 1, 1] = 0.3
    made = replace(explanation({6: (1, 1, 2)}), masking=masking)
    made = replace(made, evidence=evidence) if masking is Masking.EVIDENCE else made
    legend.show_map(image_with(made), WHOLE_MAP)
    assert text_of(legend).endswith(said)
    strength = "accounts for up to 0.30" if masking is Masking.EVIDENCE else "expected score is up to 0.60 lower"
    assert strength in text_of(legend)
    assert strength in in_words(legend)
    legend.show_map(image_with(made), CLASSES)
    assert ("accounts for 0.30" if masking is Masking.EVIDENCE else "by 30.0 percentage points") in text_of(legend)


def test_without_a_map_there_is_no_legend(legend):
    for image in (None, image_with()):
        legend.show_map(image, WHOLE_MAP)
        assert not legend.isVisible()
        assert in_words(legend) == ""
    legend.show_map(image_with(replace(explanation({}), mode=Mode.FAST)), WHOLE_MAP)
    assert legend.isVisible()
    assert "fast" in text_of(legend)


def test_colours_are_named_in_words_too(legend):
    legend.show_map(image_with(explanation({})), CLASSES)
    for word in ("orange", "red", "black"):
        assert word in in_words(legend)
    legend.show_map(image_with(explanation({})), WHOLE_MAP)
    for word in ("violet", "yellow"):
        assert word in in_words(legend).lower()


def places_of(legend, colours):
    """Where colours are seen, as shares of the width, from left to right if they are in order."""
    seen = pixels_of(legend.grab().toImage().convertToFormat(QImage.Format.Format_RGB32))
    places = []
    for colour in colours:
        is_it = (np.abs(seen - np.array(colour, dtype=int)) <= 2).all(axis=2)
        filled = minimum_filter(is_it.astype(np.uint8), size=4, mode="constant")  # no stroke of a letter is as wide
        places.append(np.nonzero(filled)[1].mean())
    return places


def test_the_swatches_of_the_paper_are_1_orange_2_red_3_black_and_none_clear(legend):
    legend.show_map(image_with(explanation({})), CLASSES)
    assert re.findall(r"color:(#\w{6}); [^>]*>■</span>&nbsp;(\d)", text_of(legend)) == [
        ("#ff961e", "1"),
        ("#e12323", "2"),
        ("#000000", "3"),
    ]
    assert "no colour: no support" in text_of(legend)
    # And so they are seen, from left to right.
    places = places_of(legend, ((255, 150, 30), (225, 35, 35), (0, 0, 0)))
    assert places == sorted(places)


def test_the_scale_is_seen_from_less_on_the_left_to_more_on_the_right(legend):
    legend.show_map(image_with(explanation({})), WHOLE_MAP)
    places = places_of(legend, [severity_colours()[step, :3] for step in SCALE_STEPS])
    assert places == sorted(places)
    assert re.search("less .*more", text_of(legend))


def test_an_explanation_under_way_says_how_far_it_is(legend):
    legend.show_map(image_with(replace(explanation({}), computed=np.arange(16) < 5)), WHOLE_MAP)
    assert "5 of 16 regions so far; hatched: not masked" in text_of(legend)


def test_a_chosen_zone_scored_0_says_so_in_words_instead_of_colours(legend):
    legend.show_map(image_with(explanation({})), MapView(chosen=Zone.A))
    for text in (text_of(legend), in_words(legend)):
        assert "Zone A is scored 0" in text
        assert "iolet" not in text
    assert legend.findChild(QCheckBox).isVisible()
    legend.show_map(image_with(explanation({})), MapView(chosen=Zone.A, asks_for_one=True))
    assert "iolet" in text_of(legend)

import dataclasses

import numpy as np
import pytest

from app.canvas.overlays.explanation_map import CLASS_COLOURS
from app.canvas.overlays.map_scale import MapColours, MapView
from app.report.paper import Paper
from app.report.pdf import report_pdf
from app.report.reported_image import ReportedExplanation
from tests.app.predictions import prediction
from tests.app.report.documents import opened, places_of
from tests.app.report.images import (
    content_of,
    explained_d_and_e,
    reported,
    text_of,
)


def test_probabilities_expected_values_and_differences_stand_in_one_line_per_zone():
    text = text_of()
    # Confidence 0.7, the other three classes 0.1 each.
    assert "A (patient's right, upper) 0 70% 10% 10% 10% 70% 0.60 1 −1" in text
    assert "F (patient's left, lower) 1 10% 70% 10% 10% 70% 1.20 0 +1" in text


def test_the_interval_of_the_global_score_stands_below_it_if_it_was_measured():
    low, high = prediction("012321").interval
    assert f"Interval of 90%: {low} to {high} (cross-validation)." in text_of()
    unmeasured = dataclasses.replace(prediction("012321"), common_error=None)
    assert "Interval of 90%" not in text_of(reported(prediction=unmeasured))


def test_low_confidence_is_said_in_words():
    assert text_of(reported(prediction=prediction(confidence=0.35))).count("35% low") == 6
    assert "% low" not in text_of()


def test_what_masking_does_to_each_score_stands_under_the_map():
    text = text_of(reported(explanation=ReportedExplanation(explained_d_and_e())))
    # Zones B, C, D, E and F are scored over 0; nothing speaks for B, C and F.
    assert "Effect of masking on each score" in text
    assert "B (1) C (2) D (3) E (2) F (1)" in text
    assert "A (0)" not in text
    for row in (
        "p of 0 – – +20.4 0.0 –",
        "p of 1 – – −5.0 0.0 –",
        "p of 2 – – +14.6 −30.0 –",
        "p of 3 – – −30.0 0.0 –",
    ):
        assert row in text
    assert "–: no region supports it." in text
    assert "Violet to yellow: without the region, a zone's expected score is up to 0.60 lower." in text


def rendered(data, page_number, scale=3.0):
    """(H, W, 3) colours of a page, `scale` pixels per point."""
    with opened(data) as document:
        return np.asarray(document[page_number].render(scale=scale).to_pil().convert("RGB")).astype(int)


def test_the_legend_on_the_page_has_the_colours_of_the_map():
    view = MapView(colours=MapColours.CLASSES)
    explained = ReportedExplanation(explained_d_and_e(), view)
    data = report_pdf(content_of(reported(explanation=explained)), Paper.A4)
    page, mm = rendered(data, 1), 3 * 72 / 25.4
    middles = {}
    for score, words in enumerate(("no abnormality", "interstitial infiltrates", "interstitial and alveolar")):
        left, bottom, _right, top = places_of(data, 1, words)[0]
        middles[score] = page.shape[0] - 3 * (bottom + top) / 2
    column = page[:, round(3 * left - 10.5 * mm)]  # the middle of the swatches, left of number and words
    assert column[round(middles[0])] == pytest.approx((255, 255, 255), abs=2)  # no colour for no abnormality
    for score in (1, 2):
        assert column[round(middles[score])] == pytest.approx(CLASS_COLOURS[score].getRgb()[:3], abs=4)
    below = column[round(middles[2]) : round(middles[2] + 12 * mm)]
    assert (below < 4).all(axis=1).sum() > 2 * mm

from dataclasses import replace

import numpy as np
import pytest

from app.canvas.overlays.explanation_map import CLASS_COLOURS, severity_colours
from app.canvas.overlays.map_scale import MapColours, MapView
from app.report.explanation_part import paint_map
from app.report.reported_image import ReportedExplanation
from bsnet_core.brixia import Zone
from bsnet_core.explanation import Masking
from tests.app.predictions import explanation, prediction
from tests.app.report.images import content_of, explained_d_and_e, pixels_of, reported, text_of


def evidence_map():
    evidence = np.full((16, 3, 2), 0.1, dtype=np.float32)
    return replace(explanation({}), masking=Masking.EVIDENCE, evidence=evidence)


@pytest.mark.parametrize(
    ("explained", "sentence"),
    [
        (ReportedExplanation(explanation({}), exact=False), "Fast map: an approximation of the exact map. Complete"),
        (
            ReportedExplanation(replace(explanation({}), masking=Masking.LUNGS_HELD), exact=False),
            "Masked regions are black; lungs and alignment are those of the whole image.",
        ),
        (
            ReportedExplanation(replace(explanation({}), masking=Masking.SURROUNDINGS)),
            "the zones scored again in PyTorch. Masked regions look like their surroundings",
        ),
        (ReportedExplanation(evidence_map()), "Evidence map: the score of each zone is divided among the regions"),
        (ReportedExplanation(evidence_map()), "accounts for up to 0.10 of a zone's score"),
        (ReportedExplanation(explanation({}), share_done=0.25), "Partial: 25% of 16 regions done. Hatched: not"),
        (ReportedExplanation(explanation({})), "the whole network run in PyTorch. Complete"),
        (ReportedExplanation(explanation({}), view=MapView((Zone.C,))), "Only zone C."),
        (ReportedExplanation(explanation({}), view=MapView((Zone.A, Zone.C))), "Only zones A, C."),
        (ReportedExplanation(explanation({})), "All zones."),
    ],
)
def test_a_map_says_whether_it_is_exact_and_whole(explained, sentence):
    assert sentence in text_of(reported(explanation=explained))


def test_what_masking_does_is_told_of_the_zones_shown_alone():
    shown = ReportedExplanation(explained_d_and_e(), view=MapView((Zone.A, Zone.D)))
    content = content_of(reported(explanation=shown))
    assert [(part.zone, part.score) for part in content.map.strongest] == [(Zone.D, 3)]
    assert content.map.strongest[0].changes == pytest.approx((0.204, -0.05, 0.146, -0.3))
    assert "no region supports" not in text_of(reported(explanation=shown))
    healthy = reported(prediction=prediction("000000"), explanation=shown)
    assert "Effect of masking" not in text_of(healthy)
    assert "no abnormality" in text_of(healthy)  # the legend is still there


def test_the_letter_of_a_zone_stands_on_its_strongest_part():
    what = reported(explanation=ReportedExplanation(explained_d_and_e(), view=MapView((Zone.D,))))
    image = content_of(what).map.image
    bare = paint_map(what, what.prediction, what.explanation).image
    rows, columns = np.nonzero((pixels_of(image) != pixels_of(bare)).any(axis=2))
    # Super-pixel 2 of the four by four is the third of the first row.
    assert rows.mean() / image.height() == pytest.approx(1 / 8, abs=0.02)
    assert columns.mean() / image.width() == pytest.approx(5 / 8, abs=0.02)


@pytest.mark.parametrize(("opacity", "on_paper"), [(1.0, 1.0), (0.6, 0.6), (0.05, 0.3), (0.0, 0.3)])
def test_the_map_is_as_strong_as_on_the_screen_and_never_too_faint_to_see(opacity, on_paper):
    view = MapView(chosen=Zone.E, colours=MapColours.CLASSES)
    shown = ReportedExplanation(explanation({6: (1, 1, 2)}), view, opacity)
    image = reported(explanation=shown)
    pixels = pixels_of(paint_map(image, image.prediction, image.explanation).image)
    height, width = pixels.shape[:2]
    under, over = pixels[height // 8, width * 5 // 8], pixels[round(height * 0.45), width * 5 // 8]
    red = np.array(CLASS_COLOURS[2].getRgb()[:3])
    assert over == pytest.approx(on_paper * red + (1 - on_paper) * under, abs=3)


def test_without_a_zone_shown_there_is_no_map():
    image = reported(explanation=ReportedExplanation(explained_d_and_e(), view=MapView(())))
    assert content_of(image).map is None
    assert "Explanation map" not in text_of(image)


def test_the_report_has_the_colours_of_the_screen_and_says_what_they_mean():
    image = reported(explanation=ReportedExplanation(explanation({6: (1, 1, 2)}), opacity=1.0))
    pixels = pixels_of(paint_map(image, image.prediction, image.explanation).image)
    height, width = pixels.shape[:2]
    under, over = pixels[height // 8, width * 5 // 8], pixels[round(height * 0.45), width * 5 // 8]
    *strongest, alpha = severity_colours()[255] / (1, 1, 1, 255)
    assert over == pytest.approx(alpha * np.array(strongest) + (1 - alpha) * under, abs=3)
    text = text_of(image)
    assert "Violet to yellow: without the region, a zone's expected score is up to 0.60 lower." in text
    assert "Scores and their colours" not in text


def test_a_chosen_zone_scored_0_is_explained_in_words():
    content = content_of(reported(explanation=ReportedExplanation(explanation({}), MapView(chosen=Zone.A))))
    assert content.map.description.endswith(
        "Zone A is scored 0: no region has a colour, as there is nothing to explain."
    )

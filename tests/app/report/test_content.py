import dataclasses

import numpy as np
import pytest

from app.report.paper import Paper
from app.report.pdf import report_pdf
from bsnet_core.radiograph import LookupTable, VoiWindow
from tests.app.predictions import prediction
from tests.app.report.documents import opened, texts_of
from tests.app.report.images import (
    content_of,
    pixels_of,
    radiograph,
    reading,
    reported,
    text_of,
)


def test_the_report_says_who_what_and_how_it_was_made():
    text = text_of()
    image = radiograph()
    for part in (
        *("Zimmermann Xaver", "PID-4711", "1934-05-06", "85 years", "male", "2020-01-02 10:11", "ACC-0815"),
        *("Hospital Kreuzberg", "DX AP", f"{image.shape[1]} × {image.shape[0]} pixels"),
        *("Prediction: 012321, global 9 / 18", "Reading: 112300, global 7 / 18"),
        "Global difference +2 (prediction minus reading): within the accepted ±2.",
        "Mean zone difference 0.67: outside the accepted 0.5.",
        *("Dr. Quirin Ypsilon", "2026-03-03 08:30 UTC", "hidden until the reading was saved (blind)"),
        *("bsnet-test 1.2", "0123456789abcdef" * 4, "ensemble of hard and soft attention", "cpu"),
        *("accepted as a frontal chest radiograph", "BS-Net Viewer", "2026-03-04 17:05 UTC+01:00"),
        "Exact map: each region is masked in turn and the whole network run in PyTorch.",
        "Complete: 16 regions.",
    ):
        assert part in text


def test_letters_that_cannot_be_drawn_are_said():
    note = "This computer has no font for some characters of: Patient."
    assert note in text_of(reported(radiograph(patient_name="Müller \U0010fff0")))
    assert "no font" not in text_of()


def test_notes_on_the_file_stand_in_the_report_before_the_quality_notes():
    image = dataclasses.replace(radiograph(), loading_notes=("The file contradicts itself.",))
    noted = prediction("012321", quality=("Low confidence in zone A.",))
    notes = ("The file contradicts itself.", "Low confidence in zone A.")
    assert content_of(reported(image, prediction=noted)).notes == notes
    assert content_of(reported(image, prediction=None, explanation=None)).notes == notes[:1]


def test_a_hidden_prediction_leaves_no_trace_in_the_report():
    noted = prediction("012321", quality=("The lungs found cover only 5% of the picture.",))
    hidden = content_of(reported(prediction=noted, prediction_is_hidden=True))
    never_made = content_of(reported(prediction=None, explanation=None))
    assert hidden.image == never_made.image
    assert hidden.prediction is None
    text = " ".join(texts_of(report_pdf(hidden, Paper.A4)))
    assert "Blind reading: the prediction is hidden." in text
    assert "Reading: 112300" in text
    for part in (
        "Prediction:",
        "0123456789abcdef",
        "bsnet-test",
        "lungs found",
        "70%",
        "Δ",
        "difference",
        "super-pixel",
    ):
        assert part not in text


def test_why_there_is_no_prediction_is_said():
    rejection = "This is a lateral or oblique view (LL). The Brixia score needs the frontal view (PA or AP)."
    image = radiograph(view_position="LL")
    text = text_of(reported(image, prediction=None, explanation=None, reading=None, problem=rejection))
    assert rejection in text
    assert "rejected: This is a lateral" in text


@pytest.mark.parametrize(
    ("voi", "sentence"),
    [
        (VoiWindow(1200.4, 800.2), "Window: centre 1200, width 800."),
        (VoiWindow(0.52, 0.25), "Window: centre 0.520, width 0.250."),
        (LookupTable(0, np.arange(256, dtype=np.float32), 8), "Grey levels from the file's lookup table."),
    ],
)
def test_the_greys_of_the_film_can_be_made_again(voi, sentence):
    assert sentence in text_of(reported(voi=voi))
    assert "Grey levels inverted." in text_of(reported(voi=voi, inverted=True))


def test_a_model_that_outlines_no_lungs_gets_no_empty_pictures():
    nothing = np.zeros_like(prediction().lung_probability)
    without = dataclasses.replace(prediction("012321"), lung_probability=nothing, aligned_lung_probability=nothing)
    text = text_of(reported(prediction=without))
    assert "Radiograph with zone grid" in text
    assert "Aligned" not in text
    assert "lung outline" not in text


def test_parts_that_are_not_wanted_are_left_out():
    text = text_of(with_reading=False, with_explanation=False, with_lungs=False)
    for part in ("Reading:", "Quirin", "Explanation map", "Aligned", "Difference"):
        assert part not in text
    with opened(report_pdf(content_of(with_explanation=False, with_lungs=False), Paper.A4)) as document:
        assert len(document) <= 2


def test_a_reading_that_was_not_blind_is_named_so():
    assert "visible during the reading" in text_of(reported(reading=reading(blind=False)))


def test_a_real_result_of_the_shipped_model_is_reported(sample_prediction):
    from bsnet_core.loading import load_radiograph
    from bsnet_core.resources import sample_files

    image = load_radiograph(sample_files()[0])
    text = text_of(reported(image, prediction=sample_prediction, explanation=None))
    score = sample_prediction.score
    assert f"Prediction: {score}, global {score.total} / 18" in text
    assert sample_prediction.model.sha256 in text
    assert all(note in text for note in sample_prediction.quality)


def test_a_report_without_notes_says_that_no_technical_problem_was_found_and_not_that_all_is_well():
    text = text_of(reported(prediction=prediction("333223")))
    assert "Prediction: 333223, global 16 / 18" in text
    assert "No technical problem was found with the image or its analysis. This says nothing about the lungs." in text
    assert "No problems found" not in text


def test_the_radiograph_is_in_the_report_without_anything_drawn_over_it():
    content = content_of()
    unanalysed = content_of(reported(prediction=None, explanation=None))
    assert content.image == unanalysed.image
    assert content.outlined != content.image
    assert unanalysed.outlined is None
    text = text_of()
    assert text.index("Radiograph. Window:") < text.index("Radiograph with lung outline and zone grid")


def test_the_lungs_are_filled_in_the_report_only_as_far_as_on_the_screen():
    bare, filled = content_of(), content_of(reported(lung_fill=1.0))
    assert filled.image == bare.image
    inside = (slice(700, 900), slice(420, 520))
    of_bare, of_filled = pixels_of(bare.outlined)[inside], pixels_of(filled.outlined)[inside]
    grey_pixels = of_bare.max(axis=2) - of_bare.min(axis=2)
    assert np.median(grey_pixels) == 0
    assert np.median(of_filled.max(axis=2) - of_filled.min(axis=2)) > 5

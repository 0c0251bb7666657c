import dataclasses
import gettext
import stat
import threading

import cv2
import numpy as np
import pytest

from app.canvas.overlays.explanation_map import CLASS_COLOURS
from app.report.content import ReportChoices, compose_report
from app.report.explanation_part import paint_map
from app.report.layout import MARGIN_MM
from app.report.paper import Paper
from app.report.pdf import check_report_pdf, report_pdf, write_report
from app.report.provenance import input_check_outcome
from app.report.reported_image import ReportedExplanation
from app.report.saving import NameTakenError
from bsnet_core.brixia import Zone
from bsnet_core.errors import ReportError
from bsnet_core.radiograph import LookupTable, VoiWindow
from tests.app.predictions import explanation, prediction
from tests.app.report.documents import fonts_of, opened, places_of, texts_of
from tests.app.report.images import IDENTIFYING_TEXTS, MADE_AT, pixels_of, radiograph, reading, reported

WARNING = "Research software, not a medical device."
NAMES = ("Müller^Zoë", "王小明", "Nguyễn^Thị Ánh", "Ὀδυσσεύς", "Łukasz^Ćwikła", "Пётр^Їжак", "山田^太郎", "김철수")


def content_of(image=None, **choices):
    return compose_report(image if image is not None else reported(), ReportChoices(**choices), MADE_AT)


def text_of(image=None, **choices):
    return " ".join(texts_of(report_pdf(content_of(image, **choices), Paper.A4)))


@pytest.mark.parametrize("paper", list(Paper))
def test_a_report_of_everything_is_two_pages_of_the_paper_asked_for(paper):
    with opened(report_pdf(content_of(), paper)) as document:
        assert len(document) == 2
        width, height = document[0].get_size()
    assert width == pytest.approx(paper.size_mm.width() * 72 / 25.4, abs=1)
    assert height == pytest.approx(paper.size_mm.height() * 72 / 25.4, abs=1)


@pytest.mark.parametrize("paper", list(Paper))
def test_long_notes_and_names_flow_and_nothing_leaves_the_page(paper):
    notes = tuple(f"Note {number}: " + "the lungs found cover little of the picture, " * 5 for number in range(8))
    image = radiograph(patient_name="Hubert^" + "Blaine Wolfeschlegelsteinhausenbergerdorff " * 4)
    data = report_pdf(content_of(reported(image, prediction=prediction("012321", quality=notes))), paper)
    assert all(f"Note {number}:" in " ".join(texts_of(data)) for number in range(8))
    assert_nothing_leaves_its_page(data, most_pages=3)


def assert_nothing_leaves_its_page(data, most_pages):
    margin = MARGIN_MM * 72 / 25.4 - 1
    with opened(data) as document:
        assert len(document) <= most_pages
        for page in document:
            width, height = page.get_size()
            letters = page.get_textpage()
            drawn = [index for index, letter in enumerate(letters.get_text_range()) if not letter.isspace()]
            boxes = np.array([letters.get_charbox(index) for index in drawn])
            assert boxes[:, 0].min() >= margin
            assert boxes[:, 2].max() <= width - margin
            assert boxes[:, 1].min() >= margin / 2
            assert boxes[:, 3].max() <= height - margin / 2


def test_every_page_says_that_this_is_no_medical_device_and_which_page_it_is():
    pages = texts_of(report_pdf(content_of(), Paper.A4))
    for number, page in enumerate(pages, start=1):
        assert WARNING in page
        assert f"{number} / {len(pages)}" in page


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
        "Exact map: each super-pixel masked in turn, the full network in PyTorch each time.",
        "Complete: 16 super-pixels.",
    ):
        assert part in text


def test_probabilities_expected_values_and_differences_stand_in_one_line_per_zone():
    text = text_of()
    # Confidence 0.7, the other three classes 0.1 each.
    assert "A (patient's right, upper) 0 70% 10% 10% 10% 70% 0.60 1 −1" in text
    assert "F (patient's left, lower) 1 10% 70% 10% 10% 70% 1.20 0 +1" in text


def test_low_confidence_is_said_in_words():
    assert text_of(reported(prediction=prediction(confidence=0.35))).count("35% unsure") == 6
    assert "unsure" not in text_of()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_text_that_can_be_searched_for(name):
    assert name.replace("^", " ") in text_of(reported(radiograph(patient_name=name)))


def test_an_arabic_name_is_read_from_the_right_and_can_be_searched_for_word_by_word():
    data = report_pdf(content_of(reported(radiograph(patient_name="محمد^عبد الله"))), Paper.A4)
    text = " ".join(texts_of(data))
    assert all(word in text for word in ("محمد", "عبد", "الله"))
    first_word, second_word = places_of(data, 0, "محمد"), places_of(data, 0, "عبد")
    assert [place[0] for place in first_word] == sorted((place[0] for place in first_word), reverse=True)
    assert min(place[0] for place in first_word) > max(place[2] for place in second_word)


def test_letters_that_cannot_be_drawn_are_said():
    note = "This computer has no font for some characters of: Patient."
    assert note in text_of(reported(radiograph(patient_name="Müller \U0010fff0")))
    assert "no font" not in text_of()


def test_every_font_is_inside_the_file():
    image = radiograph(patient_name="Müller=王小明=محمد", institution="김철수 משה")
    fonts = fonts_of(report_pdf(content_of(reported(image)), Paper.A4))
    assert len(fonts) >= 5
    assert all(fonts.values())


def test_a_deidentified_report_holds_nothing_that_identifies_a_person():
    data = report_pdf(content_of(deidentified=True), Paper.A4)
    text = " ".join(texts_of(data))
    assert "de-identified" in text
    with opened(data) as document:
        metadata = " ".join(document.get_metadata_dict().values())
    for part in IDENTIFYING_TEXTS:
        assert part not in text
        assert part not in metadata
        # Streams are compressed, dictionaries and XMP are not.
        assert not any(part.encode(code) in data for code in ("utf-8", "utf-16-be", "utf-16-le") if len(part) > 4)


def test_a_deidentified_report_still_holds_scores_model_and_what_cannot_identify():
    text = text_of(deidentified=True)
    for part in ("Prediction: 012321", "Reading: 112300", "0123456789abcdef" * 4, "male", "85 years", "DX AP"):
        assert part in text


def test_the_dates_of_a_deidentified_report_are_kept_on_demand():
    text = text_of(deidentified=True, keep_dates=True)
    assert "2020-01-02" in text
    assert "2026-03-03 08:30 UTC" in text
    assert "Zimmermann" not in text
    assert "Quirin" not in text


def test_an_age_that_few_reach_is_not_stated_exactly_when_deidentified():
    image = radiograph(patient_age="097Y")
    assert "97 years" not in text_of(reported(image), deidentified=True)
    assert "over 89 years" in text_of(reported(image), deidentified=True)
    assert "97 years" in text_of(reported(image))


def test_no_report_names_its_patient_in_the_metadata_or_a_folder_anywhere():
    data = report_pdf(content_of(), Paper.A4)
    with opened(data) as document:
        metadata = document.get_metadata_dict()
    assert metadata["Title"] == "Brixia score report"
    assert not any("Zimmermann" in value for value in metadata.values())
    assert "zimmermann/films" not in " ".join(texts_of(data))


def test_a_picture_without_a_header_is_known_by_its_file():
    image = radiograph(patient_name="", sop_instance_uid="")
    assert "film.dcm" in text_of(reported(image))
    assert "film.dcm" not in text_of(reported(image), deidentified=True)


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
    ("explained", "sentence"),
    [
        (ReportedExplanation(explanation({}), exact=False), "Fast map: an approximation of the exact map. Complete"),
        (ReportedExplanation(explanation({}), share_done=0.25), "Partial: 25% of 16 super-pixels done. Hatched: not"),
        (ReportedExplanation(explanation({})), "the full network in PyTorch each time. Complete"),
        (ReportedExplanation(explanation({}), zones=(Zone.C,)), "Only zone C."),
        (ReportedExplanation(explanation({}), zones=(Zone.A, Zone.C)), "Only zones A, C."),
        (ReportedExplanation(explanation({})), "All zones."),
    ],
)
def test_a_map_says_whether_it_is_exact_and_whole(explained, sentence):
    assert sentence in text_of(reported(explanation=explained))


def explained_d_and_e():
    """As `reported` has it, and masking super-pixel 2 does something else to every score of zone D."""
    made = explanation({2: (0, 1, 3), 6: (1, 1, 2)})
    made.contributions[2, 0, 1] = 0.204, -0.05, 0.146, -0.3
    return made


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
    assert "Full colour: masking lowers the probability by 5 percentage points or more." in text


def test_what_masking_does_is_told_of_the_zones_shown_alone():
    shown = ReportedExplanation(explained_d_and_e(), zones=(Zone.A, Zone.D))
    content = content_of(reported(explanation=shown))
    assert [(part.zone, part.score) for part in content.map.strongest] == [(Zone.D, 3)]
    assert content.map.strongest[0].changes == pytest.approx((0.204, -0.05, 0.146, -0.3))
    assert "no region supports" not in text_of(reported(explanation=shown))
    healthy = reported(prediction=prediction("000000"), explanation=shown)
    assert "Effect of masking" not in text_of(healthy)
    assert "no abnormality" in text_of(healthy)  # the legend is still there


def test_the_letter_of_a_zone_stands_on_its_strongest_part():
    what = reported(explanation=ReportedExplanation(explained_d_and_e(), zones=(Zone.D,)))
    image = content_of(what).map.image
    bare = paint_map(what, what.prediction, what.explanation).image
    rows, columns = np.nonzero((pixels_of(image) != pixels_of(bare)).any(axis=2))
    # Super-pixel 2 of the four by four is the third of the first row.
    assert rows.mean() / image.height() == pytest.approx(1 / 8, abs=0.02)
    assert columns.mean() / image.width() == pytest.approx(5 / 8, abs=0.02)


@pytest.mark.parametrize(("opacity", "on_paper"), [(1.0, 1.0), (0.6, 0.6), (0.05, 0.3), (0.0, 0.3)])
def test_the_map_is_as_strong_as_on_the_screen_and_never_too_faint_to_see(opacity, on_paper):
    shown = ReportedExplanation(explanation({6: (1, 1, 2)}), zones=(Zone.E,), opacity=opacity)
    image = reported(explanation=shown)
    pixels = pixels_of(paint_map(image, image.prediction, image.explanation).image)
    height, width = pixels.shape[:2]
    under, over = pixels[height // 8, width * 5 // 8], pixels[height * 3 // 8, width * 5 // 8]
    red = np.array(CLASS_COLOURS[2].getRgb()[:3])
    assert over == pytest.approx(on_paper * red + (1 - on_paper) * under, abs=3)


def test_without_a_zone_shown_there_is_no_map():
    image = reported(explanation=ReportedExplanation(explained_d_and_e(), zones=()))
    assert content_of(image).map is None
    assert "Explanation map" not in text_of(image)


def rendered(data, page_number, scale=3.0):
    """(H, W, 3) colours of a page, `scale` pixels per point."""
    with opened(data) as document:
        return np.asarray(document[page_number].render(scale=scale).to_pil().convert("RGB")).astype(int)


def test_the_map_is_on_the_page_above_its_caption():
    content = content_of()
    data = report_pdf(content, Paper.A4)
    page = rendered(data, 1)
    caption = places_of(data, 1, "Explanation map.")
    left, bottom = caption[0][0], page.shape[0] / 3 - caption[0][3]
    lungs = places_of(data, 1, "Aligned: rotated")
    image = content.map.image
    width = lungs[0][0] - left - 4 * 72 / 25.4  # the pictures stand 4 mm apart
    height = width * image.height() / image.width()
    bottom -= 1.5 * 72 / 25.4
    top = bottom - height
    area = page[round(top * 3) : round(bottom * 3), round(left * 3) : round((left + width) * 3)]
    expected = cv2.resize(
        pixels_of(image).astype(np.uint8), (area.shape[1], area.shape[0]), interpolation=cv2.INTER_AREA
    ).astype(int)
    red = np.array(CLASS_COLOURS[2].getRgb()[:3])
    assert (np.abs(expected - red).sum(axis=2) < 150).mean() > 0.02  # super-pixel 6 is in the picture
    assert np.abs(area - expected).mean() < 8


def test_the_legend_on_the_page_has_the_colours_of_the_map():
    data = report_pdf(content_of(), Paper.A4)
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


class Longer(gettext.NullTranslations):
    """A language of words a third longer than the English ones."""

    def gettext(self, message):
        return " ".join(word if "{" in word else word + "ø" * (len(word) // 3) for word in message.split(" "))

    def ngettext(self, singular, plural, count):
        return self.gettext(singular if count == 1 else plural)


@pytest.mark.parametrize("paper", list(Paper))
def test_a_language_of_long_words_fits_as_well(monkeypatch, paper):
    monkeypatch.setattr("bsnet_core.language._catalogue", Longer())
    data = report_pdf(content_of(), paper)
    text = " ".join(texts_of(data))
    for part in ("Researchøø software,øøø", "Patientøø ID", "Qualityøø notesø", "interstitialøøøø infiltratesøøø"):
        assert part in text
    assert_nothing_leaves_its_page(data, most_pages=2)


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


def test_a_worker_thread_makes_and_writes_a_report(tmp_path):
    outcome = []

    def work():
        outcome.append(write_report(content_of(), tmp_path / "report.pdf", Paper.LETTER))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert outcome == [tmp_path / "report.pdf"]
    assert stat.S_IMODE((tmp_path / "report.pdf").stat().st_mode) == 0o600
    assert "Prediction: 012321" in texts_of((tmp_path / "report.pdf").read_bytes())[0]


def test_a_report_replaces_another_only_when_told_to(tmp_path):
    target = tmp_path / "report.pdf"
    target.write_bytes(b"older")
    with pytest.raises(NameTakenError):
        write_report(content_of(), target)
    assert target.read_bytes() == b"older"
    write_report(content_of(), target, overwrite=True)
    assert target.read_bytes().startswith(b"%PDF")


def test_a_report_that_lost_its_end_or_shows_other_scores_is_not_sound():
    content = content_of()
    data = report_pdf(content, Paper.A4)
    check_report_pdf(data, content)
    other = dataclasses.replace(content, prediction=prediction("333333"))
    for broken, said in ((data[:100], content), (b"", content), (data, other)):
        with pytest.raises(ReportError):
            check_report_pdf(broken, said)


def test_the_report_says_what_computed_the_score_where_it_is_not_the_reference():
    by_another = dataclasses.replace(prediction("012321"), backend="openvino-int8")
    assert "Computed on cpu Input check" in text_of()
    assert "Computed on cpu (openvino-int8)" in text_of(reported(prediction=by_another))


def test_the_input_check_says_what_the_file_did_not_state():
    stated = {"body_part": "CHEST", "patient_age": "085Y", "view_position": "AP"}
    assert input_check_outcome(radiograph(**stated)) == "accepted as a frontal chest radiograph of an adult"
    silent = radiograph(**dict.fromkeys((*stated, "patient_birth_date"), ""))
    assert input_check_outcome(silent).endswith("does not state: view, body part, age")
    assert input_check_outcome(radiograph(**(stated | {"patient_age": "009Y"}))).startswith("rejected: By this file")

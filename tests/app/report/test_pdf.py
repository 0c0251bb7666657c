import dataclasses
import stat
import threading

import cv2
import numpy as np
import pytest

from app.report.paper import Paper
from app.report.pdf import check_report_pdf, report_pdf, write_report
from app.report.saving import NameTakenError
from bsnet_core.errors import ReportError
from tests.app.predictions import prediction
from tests.app.report.documents import fonts_of, opened, places_of, texts_of
from tests.app.report.images import (
    content_of,
    pixels_of,
    radiograph,
    reported,
    text_of,
)

NAMES = ("Müller^Zoë", "王小明", "Nguyễn^Thị Ánh", "Ὀδυσσεύς", "Łukasz^Ćwikła", "Пётр^Їжак", "山田^太郎", "김철수")


@pytest.mark.parametrize("paper", list(Paper))
def test_a_report_of_everything_is_two_pages_of_the_paper_asked_for(paper):
    with opened(report_pdf(content_of(), paper)) as document:
        assert len(document) == 2
        width, height = document[0].get_size()
    assert width == pytest.approx(paper.size_mm.width() * 72 / 25.4, abs=1)
    assert height == pytest.approx(paper.size_mm.height() * 72 / 25.4, abs=1)


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


def test_every_font_is_inside_the_file():
    image = radiograph(patient_name="Müller=王小明=محمد", institution="김철수 משה")
    fonts = fonts_of(report_pdf(content_of(reported(image)), Paper.A4))
    assert len(fonts) >= 5
    assert all(fonts.values())


def test_no_report_names_its_patient_in_the_metadata_or_a_folder_anywhere():
    data = report_pdf(content_of(), Paper.A4)
    with opened(data) as document:
        metadata = document.get_metadata_dict()
    assert metadata["Title"] == "Brixia score report"
    assert not any("Zimmermann" in value for value in metadata.values())
    assert "zimmermann/films" not in " ".join(texts_of(data))


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
    assert (np.ptp(expected, axis=2) > 80).mean() > 0.01  # super-pixel 6 is in the picture
    assert np.abs(area - expected).mean() < 8


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

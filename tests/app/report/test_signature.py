from dataclasses import replace

import pytest

from app.report.content import ReportChoices, compose_report
from app.report.paper import Paper
from app.report.pdf import report_pdf
from tests.app.report.documents import opened, places_of, plain
from tests.app.report.images import MADE_AT, READER, content_of, reported


def last_page(content, paper=Paper.A4):
    with opened(report_pdf(content, paper)) as document:
        return plain(document[len(document) - 1].get_textpage().get_text_range())


@pytest.mark.parametrize("paper", list(Paper))
def test_name_date_and_signature_stand_at_the_end_on_a_page_with_more_than_them(paper):
    text = last_page(content_of(), paper)
    assert f"{READER} Name Date Signature" in text
    assert "Provenance" in text


def test_without_a_reading_the_name_is_left_to_be_written():
    content = compose_report(reported(reading=None), ReportChoices(), MADE_AT)
    assert READER not in last_page(content)
    assert "Name Date Signature" in last_page(content)


def test_a_de_identified_report_asks_for_no_signature():
    assert "Signature" not in last_page(content_of(deidentified=True))
    assert "Signature" not in last_page(content_of(deidentified=True, keep_dates=True))


def test_a_long_name_stays_on_its_line():
    content = replace(content_of(), signed_by="Professor Doctor Hubert Blaine Wolfeschlegelsteinhausenberger")
    data = report_pdf(content, Paper.A4)
    with opened(data) as document:
        last = len(document) - 1
    name, date = places_of(data, last, "Wolfeschlegel"), places_of(data, last, "Date")
    assert max(place[2] for place in name) < date[0][0]

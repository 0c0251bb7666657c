import gettext

import numpy as np
import pytest

from app.report.layout import MARGIN_MM
from app.report.paper import Paper
from app.report.pdf import report_pdf
from tests.app.predictions import prediction
from tests.app.report.documents import opened, texts_of
from tests.app.report.images import (
    content_of,
    radiograph,
    reported,
)

WARNING = "Research software, not a medical device."


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

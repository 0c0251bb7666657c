from app.report.paper import Paper
from app.report.pdf import report_pdf
from tests.app.report.documents import opened, texts_of
from tests.app.report.images import (
    IDENTIFYING_TEXTS,
    content_of,
    radiograph,
    reported,
    text_of,
)


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


def test_a_picture_without_a_header_is_known_by_its_file():
    image = radiograph(patient_name="", sop_instance_uid="")
    assert "film.dcm" in text_of(reported(image))
    assert "film.dcm" not in text_of(reported(image), deidentified=True)

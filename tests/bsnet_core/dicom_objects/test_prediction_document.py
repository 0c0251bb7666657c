"""The document of a prediction, as another program reads it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from pydicom.uid import Comprehensive3DSRStorage
from skimage.draw import polygon2mask

from bsnet_core.brixia import ZONES
from bsnet_core.dicom_objects.prediction_document import prediction_document
from bsnet_core.frames import centre_affine
from bsnet_core.intended_use import intended_use
from bsnet_core.language import use_language
from tests.app.predictions import SIDE
from tests.bsnet_core.dicom_objects.made_objects import (
    NOW,
    all_items,
    faults_of,
    groups_of,
    items_named,
    loaded,
    meaning_of,
    measured,
    original,
    predicted,
)

NOTES = ("The file contradicts itself.",)


def document_for(image, **more):
    return loaded(prediction_document(image, predicted(image, **more), NOTES, NOW))


@pytest.fixture
def document():
    return document_for(original(), quality=("The image is small (3 × 4 pixels).",))


def test_it_is_a_measurement_report_in_the_study_of_the_image_and_a_series_of_its_own(document):
    image = original()
    document = document_for(image)
    assert document.SOPClassUID == document.file_meta.MediaStorageSOPClassUID == Comprehensive3DSRStorage
    assert document.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert document.StudyInstanceUID == image.header.StudyInstanceUID
    assert document.SeriesInstanceUID != image.header.SeriesInstanceUID
    assert (str(document.PatientName), document.PatientID) == ("Test^Patient", "T1")
    assert document.StudyDate == "20200102"
    assert document.ContentQualification == "RESEARCH"
    assert "research use" in document.SeriesDescription


def test_two_documents_share_no_uid_but_the_tracked_zones():
    image = original()
    one, other = document_for(image), document_for(image)
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert one.SeriesInstanceUID != other.SeriesInstanceUID
    tracked = [[item.UID for item in items_named(each, "Tracking Unique Identifier")] for each in (one, other)]
    assert tracked[0] == tracked[1]
    assert len(set(tracked[0])) == 7


def test_each_zone_has_its_score_its_probabilities_and_its_expected_value():
    image = original()
    result = predicted(image)
    groups = groups_of(loaded(prediction_document(image, result, (), NOW)))
    assert len(groups) == 7
    for zone, group in zip(ZONES, groups, strict=False):
        values = measured(group)
        assert values.pop("Brixia score of a lung zone") == result.score[zone]
        assert values.pop("Expected value of the score") == pytest.approx(result.expected_value_of(zone), abs=1e-4)
        assert list(values) == [f"Probability of a zone score of {score}" for score in range(4)]
        assert list(values.values()) == pytest.approx(list(result.probabilities_of(zone)), abs=1e-4)
    assert measured(groups[6]) == pytest.approx(
        {
            "Brixia global score": result.score.total,
            "Expected value of the score": result.expected_total,
            "Lowest global score of the 90% interval": result.interval[0],
            "Highest global score of the 90% interval": result.interval[1],
        },
        abs=1e-4,
    )


def test_sites_and_sides_are_the_patients(document):
    found = []
    for group in groups_of(document)[:6]:
        (site,) = items_named(group, "Finding Site")
        (side,) = items_named(site, "Laterality")
        found.append((side.ConceptCodeSequence[0].CodeMeaning, site.ConceptCodeSequence[0].CodeValue))
    upper, middle, lower = "281392002", "281393007", "281394001"
    assert found == [(side, level) for side in ("Right", "Left") for level in (upper, middle, lower)]


@pytest.mark.parametrize("orientation", [["L", "F"], ["R", "F"], ["F", "L"], ["H", "R"]])
@pytest.mark.parametrize("angle_deg", [0.0, 17.0])
def test_polygons_lie_where_the_network_saw_the_zones(orientation, angle_deg):
    """Compared with the zones' pixels warped back, which use no polygon."""
    image = original(PatientOrientation=orientation)
    result = predicted(image, angle_deg)
    groups = groups_of(loaded(prediction_document(image, result, (), NOW)))
    rows, columns = np.indices((SIDE * 8, SIDE * 8)) / (SIDE * 8)
    labels = ((rows >= 0.35).astype(np.uint8) + (rows >= 0.65) + 3 * (columns >= 0.5) + 1).astype(np.uint8)
    aligned = cv2.resize(labels, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    warp = centre_affine(result.frames.aligned_to_network)
    on_network = cv2.warpAffine(aligned, warp, (SIDE, SIDE), flags=cv2.INTER_NEAREST)
    on_image = result.frames.network_map_to_image(on_network, nearest=True)
    for zone, group in zip(ZONES, groups, strict=False):
        (region,) = items_named(group, "Image Region")
        points = np.array(region.GraphicData).reshape(-1, 2)
        assert region.GraphicType == "POLYLINE"
        assert np.array_equal(points[0], points[-1])
        drawn = polygon2mask((400, 320), points[:, ::-1] - 0.5)
        seen = on_image == zone.value + 1
        assert (drawn & seen).sum() / (drawn | seen).sum() > 0.9


def test_every_reference_is_to_the_image_and_listed_as_evidence(document):
    image = original()
    document = document_for(image)
    referenced = {
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in all_items(document)
        if item.get("ValueType") == "IMAGE"
    }
    assert referenced == {image.header.SOPInstanceUID}
    (study,) = document.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    assert study.StudyInstanceUID == image.header.StudyInstanceUID
    assert series.SeriesInstanceUID == image.header.SeriesInstanceUID
    assert [item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence] == [image.header.SOPInstanceUID]


def test_algorithm_and_device_are_identified_with_the_hash_of_the_weights(document):
    for group in groups_of(document):
        assert [item.TextValue for item in items_named(group, "Algorithm Name")] == ["bsnet-test"]
        assert [item.TextValue for item in items_named(group, "Algorithm Version")] == ["1.2"]
        parameters = [item.TextValue for item in items_named(group, "Algorithm Parameters")]
        assert "weights SHA-256 " + "0123456789abcdef" * 4 in parameters
    (observer,) = items_named(document, "Observer Type")
    assert observer.ConceptCodeSequence[0].CodeMeaning == "Device"


def test_notes_and_the_intended_use_are_said(document):
    notes = [item.TextValue for item in items_named(document, "Quality note")]
    assert notes == [*NOTES, "The image is small (3 × 4 pixels)."]
    assert [item.TextValue for item in items_named(document, "Intended use")] == [intended_use()]


def test_private_codes_are_told_from_standard_ones(document):
    schemes = {item.CodingSchemeDesignator for item in document.CodingSchemeIdentificationSequence}
    assert schemes == {"99BSNET"}
    private = {
        code.CodeValue
        for item in all_items(document)
        for code in item.get("ConceptNameCodeSequence", [])
        if code.CodingSchemeDesignator == "99BSNET"
    }
    assert all(value.startswith("BX") for value in private)


def test_it_says_in_which_language_it_speaks():
    use_language("it")
    try:
        document = document_for(original(SpecificCharacterSet="ISO_IR 100"), quality=("Qualità ridotta.",))
    finally:
        use_language("en")
    (language,) = items_named(document, "Language of Content Item and Descendants")
    assert language.ConceptCodeSequence[0].CodeValue == "it"
    assert [item.TextValue for item in items_named(document, "Quality note")][-1] == "Qualità ridotta."
    assert document.SpecificCharacterSet == "ISO_IR 100"


def test_the_character_set_of_the_image_is_kept():
    image = original(SpecificCharacterSet=["", "ISO 2022 IR 87"], PatientName="Yamada^Tarou=山田^太郎")
    document = document_for(image, quality=("The image is small (3 × 4 pixels).",))
    assert list(document.SpecificCharacterSet) == ["", "ISO 2022 IR 87"]
    assert str(document.PatientName) == "Yamada^Tarou=山田^太郎"


def test_times_are_in_the_time_zone_of_the_image():
    document = document_for(original(TimezoneOffsetFromUTC="+0530"))
    assert (document.TimezoneOffsetFromUTC, document.ContentDate) == ("+0530", "20260302")
    assert document.ContentTime.startswith("040015")
    assert document.ObservationDateTime == "20260302040015+0530"


def test_a_zone_outside_the_image_has_no_polygon_but_still_a_score():
    image = original()
    result = predicted(image)
    frames = result.frames.with_alignment(np.array([[0.7, 0.0, 5.0], [0.0, 0.7, 0.0]]))
    document = loaded(prediction_document(image, replace(result, frames=frames), (), NOW))
    assert items_named(document, "Image Region") == []
    assert [meaning_of(group) for group in groups_of(document)] == ["Measurement Group"] * 7


def test_dciodvfy_finds_no_error(tmp_path):
    image = original()
    assert faults_of(prediction_document(image, predicted(image), NOTES, NOW), tmp_path) == []

"""The document of a reader's own reading."""

from dataclasses import replace

import pytest

from bsnet_core.brixia import BrixiaScore
from bsnet_core.dicom_objects.prediction_document import prediction_document
from bsnet_core.dicom_objects.reading_document import ReadByPerson, person_name, reading_document
from bsnet_core.partial_score import read_score_from_text
from tests.bsnet_core.dicom_objects.made_objects import (
    NOW,
    faults_of,
    groups_of,
    items_named,
    loaded,
    measured,
    original,
    predicted,
)


def reading(reader="Rossi^Anna", blind=True):
    return ReadByPerson(reader, BrixiaScore.from_text("012321"), NOW, blind)


def test_the_reader_is_the_observer_and_no_algorithm_is_named():
    document = loaded(reading_document(original(), reading(), None, NOW))
    (name,) = items_named(document, "Person Observer Name")
    assert str(name.PersonName) == "Rossi^Anna"
    assert items_named(document, "Algorithm Name") == []
    assert items_named(document, "Device Observer Name") == []


def test_it_holds_the_readers_scores_and_nothing_of_the_network():
    groups = groups_of(loaded(reading_document(original(), reading(), None, NOW)))
    assert [measured(group) for group in groups[:6]] == [
        {"Brixia score of a lung zone": score} for score in (0, 1, 2, 3, 2, 1)
    ]
    assert measured(groups[6]) == {"Brixia global score": 9}


def test_a_zone_that_is_not_assessable_has_no_score_and_the_sum_is_not_called_global(tmp_path):
    partial = replace(reading(), score=read_score_from_text("0x2321"))
    made = reading_document(original(), partial, None, NOW)
    groups = groups_of(loaded(made))
    assert [list(measured(group).values()) for group in groups[:6]] == [[0], [], [2], [3], [2], [1]]
    (said,) = items_named(loaded(made), "Assessability of the lung zone")
    assert said.ConceptCodeSequence[0].CodeMeaning == "Not assessable"
    assert measured(groups[6]) == {"Sum of Brixia scores of the assessable lung zones": 8}
    assert faults_of(made, tmp_path) == []


@pytest.mark.parametrize(("blind", "said"), [(True, ["Hidden (blind reading)"]), (False, ["Visible"]), (None, [])])
def test_it_says_whether_the_reading_was_blind_if_that_is_known(blind, said):
    document = loaded(reading_document(original(), reading(blind=blind), None, NOW))
    found = items_named(document, "Prediction during the reading")
    assert [item.ConceptCodeSequence[0].CodeMeaning for item in found] == said


def test_zones_are_outlined_only_where_they_may_be_shown():
    image = original()
    assert items_named(reading_document(image, reading(), None, NOW), "Image Region") == []
    outlined = loaded(reading_document(image, reading(), predicted(image).frames, NOW))
    assert len(items_named(outlined, "Image Region")) == 6


def test_reading_and_prediction_track_the_same_zones():
    image = original()
    documents = (reading_document(image, reading(), None, NOW), prediction_document(image, predicted(image), (), NOW))
    tracked = [[item.UID for item in items_named(each, "Tracking Unique Identifier")] for each in documents]
    assert tracked[0] == tracked[1]


def test_a_reader_whose_letters_the_image_lacks_is_named_all_the_same():
    document = loaded(
        reading_document(original(SpecificCharacterSet="ISO_IR 100", PatientName="Müller"), reading("Čapek"), None, NOW)
    )
    (name,) = items_named(document, "Person Observer Name")
    assert str(name.PersonName) == "Čapek^"
    assert str(document.PatientName) == "Müller"


@pytest.mark.parametrize(
    ("entered", "written"),
    [("Dr A\\B=C", "Dr A B C^"), ("  ", "not named^"), ("Rossi^Anna", "Rossi^Anna"), ("a\nb", "a b^")],
)
def test_a_name_is_written_as_names_are(entered, written):
    assert person_name(entered) == written
    assert len(person_name("x" * 99)) <= 65


def test_dciodvfy_finds_no_error(tmp_path):
    image = original()
    assert faults_of(reading_document(image, reading(), predicted(image).frames, NOW), tmp_path) == []

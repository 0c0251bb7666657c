import re
from datetime import UTC, datetime

import pytest

from app.report.names import file_name
from bsnet_core.radiograph import ImageMetadata

NOW = datetime(2026, 11, 24, 9, 25, 7, tzinfo=UTC)


def proposed(name, date="20200102", suffix=".pdf"):
    return file_name("brixia-report", suffix, ImageMetadata(patient_name=name, study_date=date), NOW)


@pytest.mark.parametrize(
    ("patient", "name"),
    [
        ("Müller^Zoë", "brixia-report-Müller-Zoë-2020-01-02.pdf"),
        ("王^小明", "brixia-report-王-小明-2020-01-02.pdf"),
        ("محمد^عبد الله", "brixia-report-محمد-عبد-الله-2020-01-02.pdf"),
        ('a/../..\\b:*?"<>|c', "brixia-report-a-b-c-2020-01-02.pdf"),
        ("O'Brien^Mary. ", "brixia-report-O-Brien-Mary-2020-01-02.pdf"),
        ("", "brixia-report-2020-01-02.pdf"),
    ],
)
def test_a_proposed_name_names_the_patient_and_is_safe_on_every_system(patient, name):
    assert proposed(patient) == name


def test_a_name_in_separate_accents_becomes_the_one_that_people_type():
    assert proposed("Mu\u0308ller") == proposed("Müller")


@pytest.mark.parametrize("patient", ["x" * 500, "王" * 300, "é^" * 200])
def test_a_long_name_still_fits_into_every_file_system(patient):
    name = proposed(patient)
    assert len(name.encode()) < 255
    assert name.endswith(".pdf")


@pytest.mark.parametrize("device", ["CON", "nul", "Com1", "LPT9", "aux.txt"])
def test_a_device_s_name_of_windows_is_not_proposed(device):
    metadata = ImageMetadata(patient_name="", study_date="")
    assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", file_name(device, ".pdf", metadata, NOW))


def test_a_file_that_names_nobody_is_named_after_the_moment_it_is_made():
    assert file_name("figure", ".png", None, NOW) == "figure-2026-11-24-092507.png"

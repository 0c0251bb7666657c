"""Files damaged by seed give images or sentences, never anything else; `make fuzz` does the same for longer."""

import os
from random import Random

import pytest
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO

from tests.fuzz.archive_mutations import mutations_for
from tests.fuzz.cases import case, fewer_steps
from tests.fuzz.dicom_mutations import DICOM_MUTATIONS, spans
from tests.fuzz.outcome import memory_watched, outcome_of
from tests.fuzz.seed_files import RICH, rich_dicom, seed_files

SEED = int(os.environ.get("BSNET_FUZZ_SEED", "0"))
CASES = 200
GROUP = 20


@pytest.mark.parametrize("first", range(0, CASES, GROUP))
def test_damaged_files_give_images_or_sentences(tmp_path, first):
    for number in range(first, first + GROUP):
        one = case(SEED, number)
        print(f"seed {SEED}, case {number}: {one.source}")  # noqa: T201 - shown if it fails
        with memory_watched():
            outcome = outcome_of(one.written_to(tmp_path / str(number)))
        assert outcome.images or outcome.sentences


def test_a_case_is_the_same_every_time():
    for number in range(40):
        assert case(7, number) == case(7, number)
        assert case(7, number).content == case(7, number).content
    assert {case(7, number).content for number in range(40)} != {case(8, number).content for number in range(40)}


@pytest.mark.parametrize("syntax", RICH)
def test_every_element_of_a_sound_file_is_found(syntax):
    content = rich_dicom(syntax)
    dataset = dcmread(DicomBytesIO(content))
    expected = {int(element.tag) for element in (*dataset.iterall(), *dataset.file_meta)}
    assert {span.tag for span in spans(content)} - {0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD} == expected


@pytest.mark.parametrize("mutation", DICOM_MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_mutation_changes_a_file_with_every_kind_of_tag(mutation):
    content = rich_dicom(RICH[0])
    assert sum(mutation(content, Random(number)) != content for number in range(10)) >= 5


def test_most_mutations_of_every_seed_file_change_it():
    for name, make in dict(seed_files()).items():
        content = make()
        changed = [mutation(content, Random(1)) != content for mutation in mutations_for(content)]
        assert sum(changed) >= len(changed) / 3, name


def test_a_failing_case_loses_the_damage_that_its_failure_does_not_need():
    failing = next(one for one in (case(0, number) for number in range(100)) if len(one.steps) == 4)
    assert fewer_steps(failing, lambda candidate: 2 in candidate.steps).steps == (2,)

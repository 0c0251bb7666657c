"""Character sets of objects."""

import pytest
from pydicom.dataset import Dataset

from bsnet_core.dicom_objects.repertoire import Repertoire


def declared(*terms):
    header = Dataset()
    if terms:
        header.SpecificCharacterSet = list(terms) if len(terms) > 1 else terms[0]
    return Repertoire.of(header)


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        (("ISO_IR 100",), "Müller"),
        (("ISO_IR 101",), "Dvořák"),
        (("ISO_IR 144",), "Люкceмбypг"),
        (("ISO_IR 126",), "Διονυσιος"),
        (("ISO_IR 127",), "قباني"),
        (("ISO_IR 138",), "שרון"),
        (("", "ISO 2022 IR 87"), "山田"),
        (("", "ISO 2022 IR 149"), "김희중"),
        (("ISO_IR 13",), "ﾔﾏﾀﾞ"),
        (("GB18030",), "王小东"),
        (("ISO_IR 192",), "山田 Müller"),
    ],
)
def test_a_character_set_is_kept_for_texts_in_it(terms, text):
    assert declared(*terms).including([text]) == Repertoire(terms)


@pytest.mark.parametrize(
    ("terms", "text"),
    [((), "Müller"), (("ISO_IR 100",), "Dvořák"), (("", "ISO 2022 IR 87"), "Müller"), (("ISO_IR 13",), "山田")],
)
def test_a_text_outside_of_it_makes_it_unicode(terms, text):
    assert declared(*terms).including([text]) == Repertoire(("ISO_IR 192",))


@pytest.mark.parametrize("terms", [("UTF-8",), ("ISO_IR 100", "ISO 2022 IR 87"), ("ISO_IR 999",)])
def test_a_character_set_that_does_not_exist_becomes_unicode(terms):
    assert declared(*terms) == Repertoire(("ISO_IR 192",))


def test_signs_that_it_lacks_are_spelled_and_those_that_it_has_are_kept():
    assert declared().spelled("3 × 4 – 5°") == "3 x 4 - 5 deg"
    assert declared("ISO_IR 100").spelled("3 × 4") == "3 × 4"


def test_without_terms_none_is_declared():
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 100"
    Repertoire().declare_in(header)
    assert "SpecificCharacterSet" not in header

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from bsnet_core.loading.anatomic_region_codes import ANATOMIC_REGIONS
from bsnet_core.loading.coded_terms import coded_body_part, coded_view
from bsnet_core.loading.view_codes import VIEWS
from tests.dicom_files import coded


def header(**sequences):
    dataset = Dataset()
    for keyword, items in sequences.items():
        setattr(dataset, keyword, Sequence(items))
    return dataset


@pytest.mark.parametrize("name", [name for name in codes.cid4010.dir() if name != "TissueSpecimen"])
def test_every_view_of_the_standard_is_known(name):
    code = getattr(codes.cid4010, name)
    assert VIEWS[code.value] == code.meaning.lower()


@pytest.mark.parametrize("name", codes.cid4031.dir())
def test_every_common_region_of_the_standard_is_known(name):
    assert getattr(codes.cid4031, name).value in ANATOMIC_REGIONS


@pytest.mark.parametrize("table", [VIEWS, ANATOMIC_REGIONS])
def test_old_and_new_codes_of_a_thing_agree(table):
    old = [code for code in table if "-" in code]
    assert len(old) > 30
    for code in old:
        new = [value for value in table if "-" not in value and Code(code, "SRT", "") == Code(value, "SCT", "")]
        assert all(table[value] == table[code] for value in new)


def test_a_known_code_gives_the_standards_words_and_another_the_files():
    view = [coded("R-10236", "Profil gauche", "SRT")]
    assert coded_view(header(ViewCodeSequence=view)) == "left lateral"
    assert coded_view(header(ViewCodeSequence=[coded("R-10236", "Profil gauche", "99X")])) == "Profil gauche"
    assert coded_body_part(header(AnatomicRegionSequence=[coded("T-D8700", "Main", "SRT")])) == "HAND"
    assert coded_body_part(header(AnatomicRegionSequence=[coded("1", "Main", "99X")])) == "Main"


def test_without_a_code_there_is_no_term():
    assert coded_view(header()) == ""
    assert coded_view(header(ViewCodeSequence=[])) == ""
    assert coded_view(header(ViewCodeSequence=[Dataset()])) == ""
    assert coded_body_part(header()) == ""

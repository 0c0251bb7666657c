"""The conformance table: right values in every cell that is loaded, and the document says what is loaded."""

from pydicom.pixels.common import PhotometricInterpretation
from pydicom.uid import UID_dictionary

from tests.conformance.cells import WRONG
from tests.conformance.table import DOCUMENT, sections, written
from tests.conformance.transfer_syntaxes import SYNTAXES


def test_loaded_values_are_those_that_were_put_in(conformance_results):
    assert [f"{result.cell.name}: {result.text}" for result in conformance_results if WRONG in result.text] == []


def test_every_rejection_is_a_sentence(conformance_results):
    rejections = {result.text for result in conformance_results if not result.text.startswith("loaded")}
    assert [text for text in rejections if not text.endswith(".”") or len(text) < 40] == []


def test_the_document_has_the_table(conformance_results):
    document = DOCUMENT.read_text("utf-8")
    assert written(document, conformance_results) == document, "`make formats` writes it"


def test_every_transfer_syntax_has_a_row():
    known = {uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"}
    assert known <= {syntax.uid for syntax in SYNTAXES}


def test_every_photometric_interpretation_has_a_row():
    rows = {cell.row.split(" (")[0] for section in sections() for cell in section.cells}
    assert {str(kind.value) for kind in PhotometricInterpretation} - {"PALETTE COLOR"} <= rows
    assert {"palette, 8 bits", "palette, 16 bits", "segmented palette"} <= rows

import re

import pytest
from PySide6.QtCore import Qt

from app.help.pages import FOLDER, load_pages
from bsnet_core.brixia import N_CLASSES, zone_class_meaning
from bsnet_core.progress import no_report


@pytest.fixture
def pages():
    return {page.title: page.markdown for page in load_pages("en", no_report)}


def test_the_table_of_keys_shows_the_keys_as_they_are_now(qtbot, open_viewer, no_model, open_help):
    viewer = open_viewer("--model", no_model, "--no-samples")
    viewer.keys.choose("invert", ["Ctrl+Alt+Y"])
    open_help(viewer, Qt.Key.Key_F1)
    viewer.help.choose("Keys")
    lines = viewer.help.text.splitlines()
    assert lines[lines.index("Invert") - 1] == "Ctrl+Alt+Y"
    assert lines[lines.index("Zoom in") - 1] == "+"
    assert lines[lines.index("Zoom out") - 1] == "-"
    for name in viewer.actions_by_name:
        assert viewer.keys.text_of(name) in lines, name
    viewer.keys.choose("invert", ["Ctrl+Alt+X"])
    viewer.help.hide()
    viewer.actions_by_name["help"].trigger()
    viewer.help.choose("Keys")
    assert "Ctrl+Alt+X" in viewer.help.text.splitlines()


def test_the_scores_are_explained_in_the_words_of_the_program(pages):
    text = " ".join(pages["Scores"].split())
    for number in range(N_CLASSES):
        said = zone_class_meaning(number).replace("alveolar, ", "alveolar infiltrates, ")
        assert f"| {number} | {said} |" in text


def test_the_help_says_whose_right_is_where(pages):
    assert "zones A, B and C" in pages["First steps"]
    assert "R (patient)" in pages["First steps"]
    assert "patient's **right** lung, on the left of the image" in pages["Scores"]


def test_a_language_without_pages_is_answered_in_english(pages):
    assert {page.title: page.markdown for page in load_pages("xx", no_report)} == pages


def test_every_page_begins_with_its_title_and_leads_nowhere_else():
    files = sorted(FOLDER.rglob("*.md"))
    assert len(files) >= 6
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text.startswith("# "), file
        assert not re.search(r"https?:|\]\(|<img|!\[", text), file


def test_a_translated_page_stands_for_an_english_one():
    english = {file.name for file in (FOLDER / "en").glob("*.md")}
    for folder in FOLDER.iterdir():
        assert {file.name for file in folder.glob("*.md")} <= english, folder

"""Where files are put: the ending of the kind chosen, and nothing replaced that was not asked about."""

from pathlib import Path

import pytest

from app.presenters.exports import ChosenPlace

KINDS = "PNG (*.png);;JPEG (*.jpg *.jpeg)"
PNG, JPEG = KINDS.split(";;")
PROPOSED = "brixia-view.png"


@pytest.mark.parametrize(
    ("typed", "kind", "expected", "was_asked"),
    [
        ("brixia-view.png", PNG, "brixia-view.png", True),
        ("mine.jpeg", JPEG, "mine.jpeg", True),
        ("mine.jpg", PNG, "mine.jpg", True),
        ("mine.JPG", "", "mine.JPG", True),
        ("mine", JPEG, "mine.jpg", False),
        ("mine", "", "mine.png", False),
        ("dr. Rossi", PNG, "dr. Rossi.png", False),
        ("brixia-view.png", JPEG, "brixia-view.jpg", False),
    ],
)
def test_a_file_ends_as_its_kind_does_and_a_name_made_up_replaces_nothing(typed, kind, expected, was_asked):
    place = ChosenPlace.of(Path("folder", typed), kind, PROPOSED, KINDS)
    assert place == ChosenPlace(Path("folder", expected), was_asked)

import pytest
from PySide6.QtCore import QPointF

from app.canvas.drawing.orientation import EdgeLetters, Orientation, side_names

ALL = [Orientation(turns, mirrored) for turns in range(4) for mirrored in (False, True)]
FRONTAL = ("L", "F")


def test_the_patient_s_right_is_on_the_left_of_a_frontal_film():
    assert Orientation().letters(FRONTAL) == EdgeLetters("R", "H", "L", "F")


@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        (Orientation().rotated(1), EdgeLetters("F", "R", "H", "L")),
        (Orientation().rotated(2), EdgeLetters("L", "F", "R", "H")),
        (Orientation().rotated(-1), EdgeLetters("H", "L", "F", "R")),
        (Orientation().flipped_horizontally(), EdgeLetters("L", "H", "R", "F")),
        (Orientation().flipped_vertically(), EdgeLetters("R", "F", "L", "H")),
        (Orientation().rotated(1).flipped_horizontally(), EdgeLetters("H", "R", "F", "L")),
    ],
)
def test_letters_go_with_the_picture(orientation, letters):
    assert orientation.letters(FRONTAL) == letters


@pytest.mark.parametrize("orientation", ALL)
def test_letters_stand_where_the_picture_s_own_edges_are(orientation):
    ends = {"R": QPointF(-1, 0), "L": QPointF(1, 0), "H": QPointF(0, -1), "F": QPointF(0, 1)}
    letters = orientation.letters(FRONTAL)
    for letter, on_image in ends.items():
        on_screen = orientation.matrix.map(on_image)
        edge = {(-1, 0): letters.left, (1, 0): letters.right, (0, -1): letters.top, (0, 1): letters.bottom}
        assert edge[round(on_screen.x()), round(on_screen.y())] == letter


@pytest.mark.parametrize("orientation", ALL)
def test_turning_back_and_flipping_twice_end_where_they_began(orientation):
    assert orientation.rotated(1).rotated(3) == orientation
    assert orientation.flipped_horizontally().flipped_horizontally() == orientation
    assert orientation.flipped_vertically().flipped_vertically() == orientation
    assert orientation.flipped_horizontally().flipped_vertically() == orientation.rotated(2)


@pytest.mark.parametrize(
    "stated", [None, ("", ""), ("?", "F"[:0]), ("X", "Y"), ("L", "L"), ("L", "R"), ("LL", ""), ("RL", "")]
)
@pytest.mark.parametrize("orientation", ALL)
def test_what_the_file_does_not_state_is_never_guessed(orientation, stated):
    assert orientation.letters(stated) == EdgeLetters()


def test_one_direction_alone_is_shown_alone():
    assert Orientation().letters(("L", "")) == EdgeLetters("R", "", "L", "")
    assert Orientation(1).letters(("L", "?")) == EdgeLetters("", "R", "", "L")


def test_oblique_and_lateral_films_have_their_own_letters():
    assert Orientation().letters(("A", "F")) == EdgeLetters("P", "H", "A", "F")
    assert Orientation().letters(("LF", "P")) == EdgeLetters("RH", "A", "LF", "P")


@pytest.mark.parametrize("stated", [("L", "F"), ("R", "F"), ("F", "L"), ("H", "R"), ("LF", "FR"), ("L", "")])
def test_sides_that_the_file_states_are_the_patient_s(stated):
    assert side_names(stated) == ("R (patient)", "L (patient)")


@pytest.mark.parametrize("unstated", [None, ("", ""), ("", "F"), ("?", "F"), ("P", "F"), ("L", "R")])
def test_other_sides_are_assumed(unstated):
    assert side_names(unstated) == ("R assumed", "L assumed")

from dataclasses import replace
from pathlib import Path

from app.session.reading_list import AssignedImage, ReadingList, ReadingOrder

NAMES = [f"{number:03}.dcm" for number in range(40)]


def names_for(made, reader=""):
    return [image.name for image in made.images_for(reader)]


def made(order=ReadingOrder.LISTED, seed="", names=NAMES):
    return ReadingList("", ("A", "B"), tuple(AssignedImage(name, Path(name)) for name in names), order=order, seed=seed)


def test_a_fixed_order_is_that_of_the_file_or_of_the_positions():
    assert names_for(made()) == NAMES
    placed = [AssignedImage(name, Path(name), position=40 - number) for number, name in enumerate(NAMES)]
    assert names_for(replace(made(), images=tuple(placed))) == NAMES[::-1]


def test_a_seed_gives_the_same_order_to_everybody_and_another_seed_another():
    one = made(ReadingOrder.RANDOM, "1")
    assert sorted(names_for(one, "A")) == NAMES
    assert names_for(one, "A") == names_for(one, "B") == names_for(made(ReadingOrder.RANDOM, "1"))
    assert names_for(one) != NAMES
    assert names_for(one) != names_for(made(ReadingOrder.RANDOM, "2"))


def test_an_order_by_reader_differs_from_reader_to_reader_and_can_be_repeated():
    one = made(ReadingOrder.RANDOM_BY_READER, "1")
    assert names_for(one, "A") == names_for(one, "A")
    assert names_for(one, "A") != names_for(one, "B")
    assert sorted(names_for(one, "B")) == NAMES


def test_the_order_of_a_seed_never_changes():
    few = made(ReadingOrder.RANDOM, "7", ["a.dcm", "b.dcm", "c.dcm", "d.dcm", "e.dcm"])
    # sha256 of "7\n\na.dcm" and so on, sorted: whoever plans a reader study can compute it without this program.
    assert names_for(few) == EXPECTED_OF_SEED_7
    without_c = made(ReadingOrder.RANDOM, "7", ["a.dcm", "b.dcm", "d.dcm", "e.dcm"])
    assert names_for(without_c) == [name for name in EXPECTED_OF_SEED_7 if name != "c.dcm"]


EXPECTED_OF_SEED_7 = ["b.dcm", "a.dcm", "e.dcm", "d.dcm", "c.dcm"]


def test_a_reader_reads_the_images_assigned_to_everybody_and_the_own_ones():
    images = (
        AssignedImage("a", Path("a"), "A"),
        AssignedImage("both", Path("both")),
        AssignedImage("b", Path("b"), "B"),
    )
    shared = replace(made(), images=images)
    assert names_for(shared, "A") == ["a", "both"]
    assert names_for(shared, "B") == ["both", "b"]

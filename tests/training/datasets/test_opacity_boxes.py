import pytest

from training.datasets.opacity_boxes import OpacityBox


def test_a_box_is_written_as_four_numbers():
    assert OpacityBox.from_text("0.25 0.5 0.125 0.5") == OpacityBox(left=0.25, top=0.5, width=0.125, height=0.5)


@pytest.mark.parametrize(
    "text", ["", "0 0 1", "0 0 1 1 1", "a 0 1 1", "0.5 0 0.6 1", "0 0 0 1", "-0.1 0 1 1", "nan 0 1 1"]
)
def test_anything_else_is_no_box(text):
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds, all the same to the caller
        OpacityBox.from_text(text)

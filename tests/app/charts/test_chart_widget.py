from dataclasses import dataclass
from datetime import datetime

import pytest

from app.charts.chart_image import ChartImage, ChartLook
from app.charts.chart_widget import ChartWidget
from app.charts.trend_chart import TrendContent, TrendPoint
from bsnet_core.errors import ReportError


@dataclass(frozen=True)
class Undrawable:
    """A drawing that cannot be made."""

    def draw(self, look: ChartLook) -> ChartImage:
        raise ReportError("There is no room for the chart.")


def trend(total):
    return TrendContent((TrendPoint(datetime(2020, 1, 1), total),), "predictions", "image shown")


@pytest.fixture
def widget(qtbot, queue):
    made = ChartWidget(queue)
    qtbot.addWidget(made)
    made.resize(300, 200)
    return made


def test_nothing_is_drawn_before_it_can_be_seen(widget, qtbot, queue):
    widget.show_chart(trend(3))
    other = ChartWidget(queue)
    qtbot.addWidget(other)
    other.show()
    with qtbot.waitSignal(other.drawn, timeout=30_000):
        other.show_chart(trend(4))
    assert not widget.is_drawn
    with qtbot.waitSignal(widget.drawn, timeout=30_000):
        widget.show()
    assert len(widget.marks) == 1


def test_until_the_first_picture_it_says_that_it_is_being_drawn(widget, qtbot):
    widget.show()
    nothing = widget.grab().toImage()
    widget.show_chart(trend(3))
    assert widget.grab().toImage() != nothing
    assert widget.area.isEmpty()
    qtbot.waitUntil(lambda: widget.is_drawn, timeout=30_000)
    assert not widget.area.isEmpty()


def test_the_same_drawing_again_is_not_drawn_again(widget, qtbot):
    widget.show()
    with qtbot.waitSignal(widget.drawn, timeout=30_000):
        widget.show_chart(trend(3))
    widget.show_chart(trend(3))
    assert widget.is_drawn
    assert len(widget.marks) == 1


def test_a_sentence_stands_where_there_is_nothing_to_draw(widget, qtbot):
    widget.show()
    with qtbot.waitSignal(widget.drawn, timeout=30_000):
        widget.show_chart(trend(3))
    widget.show_chart(None, message="No images yet.")
    assert (widget.is_drawn, widget.marks, widget.sentence) == (True, (), "No images yet.")


def test_why_a_chart_cannot_be_drawn_is_said_in_its_place_and_the_next_one_comes(widget, qtbot, caplog):
    widget.show()
    widget.show_chart(Undrawable())
    qtbot.waitUntil(lambda: widget.sentence == "There is no room for the chart.")
    caplog.clear()
    with qtbot.waitSignal(widget.drawn, timeout=30_000):
        widget.show_chart(trend(3))
    assert widget.sentence == ""


def test_a_chart_that_goes_while_it_is_drawn_leaves_the_others_alone(widget, qtbot, queue):
    going = ChartWidget(queue)
    going.resize(300, 200)
    going.show()
    going.show_chart(trend(3))
    qtbot.waitUntil(lambda: going._job is not None)
    going.deleteLater()
    widget.show()
    with qtbot.waitSignal(widget.drawn, timeout=30_000):
        widget.show_chart(trend(4))

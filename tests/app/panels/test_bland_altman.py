import pytest

from app.panels.statistics import StatisticsPanel
from app.session.reading_statistics import Counted
from bsnet_core.agreement import bland_altman
from tests.app.panels.compared_readings import READS


@pytest.fixture
def panel(show_widget, queue):
    return show_widget(StatisticsPanel(queue), 960, 700)


def test_the_bland_altman_plot_draws_and_says_the_limits_of_agreement(panel, qtbot):
    panel.which.setCurrentIndex(panel.which.findData(Counted.ALL))
    panel.show_readings([])
    assert panel.plot.is_drawn
    empty = panel.plot.grab().toImage()
    panel.show_readings(READS)
    expected = bland_altman([one.predicted.total for one in READS], [one.reading.score.total for one in READS])
    assert panel.plot.limits == expected
    said = panel.plot.accessibleDescription()
    assert "5 readings" in said
    for estimate in (expected.mean_difference, expected.lower_limit, expected.upper_limit):
        assert f"{estimate.value:+.1f}".replace("-", "−") in said
    qtbot.waitUntil(lambda: panel.plot.is_drawn, timeout=30_000)
    assert panel.plot.grab().toImage() != empty
    assert len(panel.plot.marks) == len({(one.predicted.total, one.reading.score.total) for one in READS})
    panel.show_readings([])
    assert panel.plot.grab().toImage() == empty

from datetime import UTC, datetime, timedelta

import pytest

from app.panels.statistics import StatisticsPanel
from app.session.readings import ComparedReading, Reading
from bsnet_core.agreement import bland_altman
from bsnet_core.brixia import BrixiaScore
from bsnet_core.inference.prediction import ModelIdentity

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


OLD, NEW = (ModelIdentity("bsnet", version, start * 8) for version, start in (("1", "01234567"), ("2", "89abcdef")))


def compared(image, read, predicted, reader="Dr. Rossi", model=NEW, minute=0, blind=True):
    moment = MOMENT + timedelta(minutes=minute)
    reading = Reading(reader, BrixiaScore.from_text(read), moment, moment, blind)
    return ComparedReading(image, "20260301", reading, BrixiaScore.from_text(predicted), model)


READS = [
    compared("1", "012301", "012301"),
    compared("2", "111111", "111122"),
    compared("3", "333333", "000000", blind=False),
    compared("1", "012300", "012301", "Dr. Bianchi"),
    compared("2", "111110", "111122", "Dr. Bianchi"),
]


@pytest.fixture
def panel(qtbot, queue):
    made = StatisticsPanel(queue)
    qtbot.addWidget(made)
    made.resize(960, 700)
    made.show()
    return made


def test_the_bland_altman_plot_draws_and_says_the_limits_of_agreement(panel, qtbot):
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

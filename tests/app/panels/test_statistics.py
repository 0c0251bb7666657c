from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QAbstractButton, QComboBox

from app.panels import statistics
from app.panels.statistics import AT_ONCE, StatisticsPanel
from app.session.reading_statistics import Counted
from bsnet_core.agreement import agreement_table
from bsnet_core.brixia import ZONES
from bsnet_core.partial_score import PartialScore
from tests.app.panels.compared_readings import OLD, READS, compared


@pytest.fixture
def panel(show_widget, queue):
    made = show_widget(StatisticsPanel(queue), 960, 700)
    count(made, Counted.LAST)
    return made


def count(panel, counted):
    panel.which.setCurrentIndex(panel.which.findData(counted))


def row(panel, name):
    names = [panel.table.verticalHeaderItem(place).text() for place in range(panel.table.rowCount())]
    return [panel.table.item(names.index(name), column).text() for column in range(panel.table.columnCount())]


def confusion(panel):
    return [[int(panel.confusion.item(row, column).text()) for column in range(4)] for row in range(4)]


def test_the_table_has_every_zone_all_zones_and_the_global_score(panel):
    panel.show_readings(READS)
    expected = agreement_table([one.predicted.zones for one in READS], [one.reading.score.zones for one in READS])
    total = expected.total
    assert row(panel, "global")[0] == "5"
    assert row(panel, "global")[1].startswith(f"{total.mean_absolute_error.value:.2f}  [")
    assert row(panel, "global")[6] == "60%"
    assert row(panel, "zone A")[6] == "80%"
    assert row(panel, "zone F")[5] == f"{expected.zones[ZONES[5]].weighted_kappa:.2f}".replace("-", "−")
    assert panel.table.rowCount() == 8
    assert panel.summary_text.startswith("5 readings of 3 images.")


def test_filters_by_reader_model_and_blind_reading(panel):
    panel.show_readings([*READS, compared("1", "012301", "333333", model=OLD)])
    assert "Several models are evaluated together" in panel.summary_text
    panel.model.setCurrentText("bsnet 2 (89abcdef)")
    assert len(panel.shown) == 5
    panel.reader.setCurrentText("Dr. Rossi")
    assert len(panel.shown) == 3
    panel.blind_only.click()
    assert [one.image for one in panel.shown] == ["1", "2"]
    assert row(panel, "global")[1].startswith("1.00")
    panel.show_readings(READS)
    assert (panel.reader.currentText(), len(panel.shown)) == ("Dr. Rossi", 2)


def test_only_last_readings_count_until_all_are_asked_for(panel):
    corrected = compared("1", "333333", "012301", minute=9, blind=False)
    panel.show_readings([READS[0], corrected])
    assert panel.shown == (corrected,)
    count(panel, Counted.ALL)
    assert panel.shown == (READS[0], corrected)


def test_a_blind_reading_corrected_after_the_reveal_counts_as_it_was_among_blind_ones(panel):
    panel.show_readings([READS[0], compared("1", "333333", "012301", minute=9, blind=False)])
    panel.blind_only.click()
    assert panel.shown == (READS[0],)


def test_by_default_the_first_blind_reading_of_each_reader_counts(show_widget, queue):
    panel = show_widget(StatisticsPanel(queue), 960, 700)
    corrected = compared("1", "333333", "012301", minute=9, blind=False)
    panel.show_readings([READS[0], corrected, READS[2]])
    assert panel.shown == (READS[0],)
    assert not panel.blind_only.isEnabled()
    count(panel, Counted.ALL)
    assert panel.blind_only.isEnabled()
    assert len(panel.shown) == 3


def test_zones_that_were_not_assessable_are_counted_and_left_out(panel):
    partial = replace(READS[0].reading, score=PartialScore((None, 1, 2, 3, 0, 1)), comment="effusion")
    panel.show_readings([replace(READS[0], reading=partial), *READS[1:]])
    assert row(panel, "zone A")[0] == row(panel, "global")[0] == "4"
    assert row(panel, "zone B")[0] == "5"
    assert "1 zone was not assessable" in panel.summary_text
    assert "1 reading has a comment" in panel.summary_text
    assert sum(map(sum, confusion(panel))) == 29
    assert panel.plot.limits.count == 4


def test_the_confusion_matrix_has_readings_in_rows_of_all_zones_or_one(panel):
    panel.show_readings(READS[2:3])
    assert confusion(panel) == [[0] * 4, [0] * 4, [0] * 4, [6, 0, 0, 0]]
    panel.show_readings(READS[1:2])
    panel.zone.setCurrentText("zone F")
    assert confusion(panel) == [[0] * 4, [0, 0, 1, 0], [0] * 4, [0] * 4]
    assert "Read 1, predicted 2: 1, 100% of those read 1" in panel.confusion.item(1, 2).toolTip()


def test_readers_agree_among_themselves_on_films_that_all_have_read(panel):
    panel.show_readings(READS)
    assert "2 readers, 2 images read by all" in panel.summary_text
    panel.show_readings(READS[:3])
    assert "among themselves" not in panel.summary_text


def test_one_reading_has_figures_without_intervals(panel):
    panel.show_readings(READS[:1])
    assert row(panel, "global") == ["1", "0.00", "+0.00", "0.00", "–", "–", "100%"]


def test_without_readings_it_says_so_and_there_is_nothing_to_export(panel):
    assert panel.summary_text == "No reading can be compared with a prediction yet."
    assert row(panel, "global")[0] == "0"
    assert not panel.export.isEnabled()
    panel.show_readings(READS[2:3])
    panel.blind_only.click()
    assert panel.summary_text.startswith("No reading matches these filters")
    assert not panel.export.isEnabled()


def test_export_hands_over_what_is_shown(panel, qtbot):
    panel.show_readings(READS)
    panel.reader.setCurrentText("Dr. Bianchi")
    with qtbot.waitSignal(panel.export_requested) as request:
        panel.export.click()
    (handed,) = request.args
    assert handed == tuple(READS[3:])


def test_ten_thousand_reads_are_all_counted(panel, qtbot):
    rng = np.random.default_rng(0)
    texts = ["".join(map(str, scores)) for scores in rng.integers(0, 4, (10_000, 6))]
    panel.show_readings([compared(str(number), text, text[::-1]) for number, text in enumerate(texts)])
    qtbot.waitUntil(lambda: not panel.is_counting)
    assert row(panel, "all zones")[0] == "10000"
    assert np.sum(confusion(panel)) == 60_000


def test_every_control_has_a_name_and_a_tooltip(panel):
    controls = [*panel.findChildren(QComboBox), panel.blind_only, panel.export]
    for control in controls:
        assert control.accessibleName() or (isinstance(control, QAbstractButton) and control.text())
        assert control.toolTip()
    for table in (panel.table, panel.confusion, panel.plot):
        assert table.accessibleName()


def test_very_many_readings_are_counted_elsewhere_and_come_to_the_same_figures(panel, qtbot, monkeypatch):
    many = [compared(str(number), str(READS[number % 2].reading.score), "012301") for number in range(AT_ONCE + 1)]
    with monkeypatch.context() as patched:
        patched.setattr(statistics, "AT_ONCE", len(many))
        panel.show_readings(many)
    at_once = [row(panel, name) for name in ("zone A", "zone F", "all zones", "global")]
    panel.show_readings(READS)
    panel.show_readings(many)
    assert panel.is_counting
    assert panel.summary_text == "Counting…"
    assert not panel.export.isEnabled()
    qtbot.waitUntil(lambda: not panel.is_counting)
    assert [row(panel, name) for name in ("zone A", "zone F", "all zones", "global")] == at_once
    assert len(panel.shown) == AT_ONCE + 1
    assert panel.export.isEnabled()


def test_a_filter_changed_while_many_are_counted_holds_in_the_end(panel, qtbot):
    many = [compared(str(number), "012301", "012301", blind=number < 5) for number in range(AT_ONCE + 1)]
    panel.show_readings(many)
    panel.blind_only.click()
    qtbot.waitUntil(lambda: not panel.is_counting)
    assert len(panel.shown) == 5
    assert row(panel, "global")[0] == "5"


def test_few_readings_are_there_at_once(panel):
    panel.show_readings(READS)
    assert row(panel, "global")[0] == "5"

from PySide6.QtWidgets import QWidget

from app.look.arrangement import FIRST_WIDTHS, LEFT_AT_LEAST_PX, Arrangement


def arranged(qtbot, settings):
    arrangement = Arrangement(settings, left=[QWidget()], centre=[QWidget(), QWidget()], right=[QWidget()])
    qtbot.addWidget(arrangement)
    arrangement.resize(sum(FIRST_WIDTHS) + 2 * arrangement.handleWidth(), 600)
    arrangement.show()
    return arrangement


def test_widths_that_were_kept_come_back(qtbot, settings):
    first = arranged(qtbot, settings)
    first.setSizes([350, 650, 440])
    first.keep_widths()
    assert settings.pane_widths == tuple(first.sizes())
    assert arranged(qtbot, settings).sizes() == first.sizes()


def test_the_left_pane_stays_readable(qtbot, settings):
    arrangement = arranged(qtbot, settings)
    arrangement.setSizes([10, 1000, 400])
    left = next(pane for pane in map(arrangement.widget, range(3)) if pane.minimumWidth() == LEFT_AT_LEAST_PX)
    assert left.width() >= LEFT_AT_LEAST_PX

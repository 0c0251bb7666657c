from PySide6.QtWidgets import QWidget

from app.look.arrangement import FIRST_WIDTHS, LEFT_AT_LEAST_PX, Arrangement


def arranged(qtbot, widths=()):
    image = QWidget()
    arrangement = Arrangement(widths, left=[QWidget()], centre=[QWidget(), image], right=[QWidget()])
    qtbot.addWidget(arrangement)
    arrangement.resize(sum(FIRST_WIDTHS) + 2 * arrangement.handleWidth(), 600)
    arrangement.show()
    return arrangement, image


def test_widths_as_they_were_left_come_back(qtbot):
    first, _image = arranged(qtbot)
    first.setSizes([350, 650, 440])
    again, _image = arranged(qtbot, first.sizes())
    assert again.sizes() == first.sizes()


def test_the_left_pane_stays_readable(qtbot):
    arrangement, _image = arranged(qtbot)
    arrangement.setSizes([10, 1000, 400])
    left = next(pane for pane in map(arrangement.widget, range(3)) if pane.minimumWidth() == LEFT_AT_LEAST_PX)
    assert left.width() >= LEFT_AT_LEAST_PX


def test_the_image_takes_all_that_the_window_grows_by(qtbot):
    arrangement, image = arranged(qtbot)
    before, width = arrangement.sizes(), image.width()
    arrangement.resize(arrangement.width() + 500, 600)
    assert arrangement.sizes() == [before[0], before[1] + 500, before[2]]
    assert image.width() == width + 500


def test_what_stays_in_sight_is_in_the_window_however_long_the_pane_above_grows(qtbot):
    grown, switches = QWidget(), QWidget()
    switches.setMinimumHeight(200)
    arrangement = Arrangement((), left=[QWidget()], centre=[QWidget()], right=[grown], in_sight=[switches])
    qtbot.addWidget(arrangement)
    arrangement.resize(1200, 620)
    arrangement.show()
    grown.setMinimumHeight(3000)
    qtbot.waitUntil(lambda: grown.height() >= 3000)
    assert arrangement.height() == 620
    top = switches.mapTo(arrangement, switches.rect().topLeft()).y()
    assert top + switches.height() <= arrangement.height()
    assert not switches.visibleRegion().isEmpty()

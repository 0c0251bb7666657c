from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.look.arrangement import FIRST_WIDTHS, LEFT_AT_LEAST_PX, Arrangement
from app.look.foldable_pane import EDGE_PX


def arranged(qtbot, widths=()):
    image = QWidget()
    arrangement = Arrangement(widths, left=[QWidget()], centre=[QWidget(), image], right=[QWidget()])
    qtbot.addWidget(arrangement)
    arrangement.resize(sum(FIRST_WIDTHS) + 2 * arrangement.handleWidth(), 600)
    arrangement.show()
    return arrangement, image


def test_widths_as_they_were_left_come_back(qtbot):
    first, _image = arranged(qtbot)
    first.set_pane_sizes([350, 650, 440])
    again, _image = arranged(qtbot, first.pane_sizes)
    assert again.pane_sizes == first.pane_sizes


def test_the_left_pane_stays_readable(qtbot):
    arrangement, _image = arranged(qtbot)
    arrangement.set_pane_sizes([10, 1000, 400])
    assert arrangement.left.width() >= LEFT_AT_LEAST_PX


def test_the_image_takes_all_that_the_window_grows_by(qtbot):
    arrangement, image = arranged(qtbot)
    before, width = arrangement.pane_sizes, image.width()
    arrangement.resize(arrangement.width() + 500, 600)
    assert arrangement.pane_sizes == (before[0], before[1] + 500, before[2])
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


def test_a_click_on_the_edge_folds_a_pane_for_the_image_and_another_brings_it_back(qtbot):
    arrangement, image = arranged(qtbot)
    before, width = arrangement.pane_sizes, image.width()
    for pane, size in ((arrangement.left, before[0]), (arrangement.right, before[2])):
        qtbot.mouseClick(pane.edge, Qt.MouseButton.LeftButton)
        assert pane.is_folded
        assert pane.width() == EDGE_PX
        assert image.width() == width + size - EDGE_PX
        assert arrangement.pane_sizes == before  # what is kept for the next start
        qtbot.mouseClick(pane.edge, Qt.MouseButton.LeftButton)
        assert not pane.is_folded
        assert image.width() == width


def test_on_a_portrait_screen_the_image_has_the_whole_width_and_the_panes_are_below(qtbot):
    arrangement, image = arranged(qtbot)
    arrangement.resize(1080, 1800)
    assert arrangement.is_portrait
    assert image.width() > 1040
    assert image.height() > 900
    for pane in (arrangement.left, arrangement.right):
        assert pane.isVisible()
        assert (
            pane.mapTo(arrangement, pane.rect().topLeft()).y()
            >= image.mapTo(arrangement, image.rect().bottomLeft()).y()
        )
    arrangement.left.fold(True)
    arrangement.right.fold(True)
    assert image.height() > 1700
    arrangement.left.fold(False)
    arrangement.right.fold(False)
    assert image.height() < 1400
    arrangement.resize(1800, 1000)
    assert not arrangement.is_portrait
    assert arrangement.left.x() < image.mapTo(arrangement, image.rect().topLeft()).x() < arrangement.right.x()
    assert image.width() > 1000


def test_the_image_is_as_high_on_a_portrait_screen_as_it_was_left(qtbot):
    image = QWidget()
    parts = {"left": [QWidget()], "centre": [QWidget(), image], "right": [QWidget()]}
    arrangement = Arrangement((), **parts, portrait_sizes=(400, 900, 600))
    qtbot.addWidget(arrangement)
    arrangement.resize(1080, 1800)
    arrangement.show()
    assert arrangement.is_portrait
    assert arrangement.pane_sizes[1] == 900
    assert arrangement.left.width() < arrangement.right.width()


def test_an_image_that_was_higher_than_the_screen_leaves_room_for_the_panes(qtbot):
    arrangement = Arrangement(
        (), left=[QWidget()], centre=[QWidget()], right=[QWidget()], portrait_sizes=(400, 5000, 600)
    )
    qtbot.addWidget(arrangement)
    arrangement.resize(1080, 1800)
    arrangement.show()
    assert arrangement.left.isVisible()
    assert arrangement.pane_sizes[1] <= 1600


def test_panes_folded_at_the_start_have_their_widths_again_when_they_are_opened(qtbot):
    arrangement, image = arranged(qtbot, (350, 650, 440))
    width, sizes = image.width(), arrangement.pane_sizes
    again = Arrangement(sizes, left=[QWidget()], centre=[QWidget(), QWidget()], right=[QWidget()])
    qtbot.addWidget(again)
    again.fold_at_start((True, True))
    again.resize(arrangement.size())
    again.show()
    assert (again.left.width(), again.right.width()) == (EDGE_PX, EDGE_PX)
    assert again.pane_sizes == sizes
    again.left.fold(False)
    again.right.fold(False)
    assert again.pane_sizes == sizes
    assert image.width() == width


def test_an_image_shown_alone_gives_back_only_the_panes_that_were_open(qtbot):
    arrangement, _image = arranged(qtbot)
    arrangement.left.fold(True)
    arrangement.show_image_alone(True)
    assert arrangement.right.is_folded
    assert arrangement.folded == (True, False)
    arrangement.show_image_alone(False)
    assert (arrangement.left.is_folded, arrangement.right.is_folded) == (True, False)


def test_a_long_left_pane_scrolls_and_does_not_make_the_window_higher(qtbot):
    images, trend = QWidget(), QWidget()
    images.setMinimumHeight(300)
    trend.setMinimumHeight(500)
    arrangement = Arrangement((), left=[images, trend], centre=[QWidget()], right=[QWidget()])
    qtbot.addWidget(arrangement)
    arrangement.resize(1200, 600)
    arrangement.show()
    assert arrangement.height() == 600
    assert (images.height(), trend.height()) == (300, 500)
    arrangement.resize(1200, 900)
    assert images.height() > 300  # the list takes the room there is

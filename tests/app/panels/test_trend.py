from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from app.library.keeper import Keeper
from app.library.library import Library
from app.look.theme import DARK, LIGHT, palette_of
from app.panels.trend import TrendChart, TrendImage, TrendPanel, images_of_patient
from app.session.open_image import OpenImage
from app.session.session import Session
from app.settings.paths import LIBRARY_NAME
from bsnet_core.brixia import ZONES, BrixiaScore
from bsnet_core.loading import load_radiograph
from bsnet_core.partial_score import PartialScore
from bsnet_core.radiograph import ImageMetadata
from bsnet_core.resources import sample_files
from tests.app.library_content import THUMBNAIL, kept_prediction, metadata, reading
from tests.app.predictions import prediction
from tests.app.session.test_session import THUMBNAIL as GREY


def trend_image(day, **more):
    return TrendImage(ImageMetadata(study_date=f"202003{day:02d}", study_time="120000"), **more)


def of_total(total):
    """A score with this global score."""
    return BrixiaScore.from_values(min(max(total - 3 * zone, 0), 3) for zone in range(6))


@pytest.fixture
def chart(qtbot, queue):
    made = TrendChart(queue)
    qtbot.addWidget(made)
    made.resize(340, made.sizeHint().height())
    made.show()
    return made


def show(qtbot, chart, images):
    chart.show_images(images)
    qtbot.waitUntil(lambda: chart.is_drawn, timeout=30_000)


def tell(chart, place):
    """The tip at a place of the chart."""
    QToolTip.hideText()
    at = place.toPoint()
    QApplication.sendEvent(chart, QHelpEvent(QEvent.Type.ToolTip, at, chart.mapToGlobal(at)))
    return QToolTip.text()


def test_films_stand_by_date_and_high_scores_are_up(chart, qtbot):
    show(qtbot, chart, [trend_image(1, predicted=3), trend_image(3, predicted=12), trend_image(11, predicted=6)])
    first, second, third = (chart.place_of(number, image.predicted) for number, image in enumerate(chart.images))
    assert first.x() < second.x() < third.x()
    assert second.y() < third.y() < first.y()


def test_a_click_and_the_keys_choose_a_film(chart, qtbot):
    images = [trend_image(1, key=0, predicted=3), trend_image(5, key=1, predicted=12, is_current=True)]
    show(qtbot, chart, images)
    with qtbot.waitSignal(chart.chosen) as chosen:
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.place_of(0, 3).toPoint())
    assert chosen.args == [images[0]]
    with qtbot.waitSignal(chart.chosen) as chosen:
        qtbot.keyClick(chart, Qt.Key.Key_Right)
        qtbot.keyClick(chart, Qt.Key.Key_Right)
        qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert chosen.args == [images[1]]
    with qtbot.assertNotEmitted(chart.chosen):
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def test_the_values_are_told_in_words(chart):
    read = (("Reader One", of_total(7)), ("", of_total(9)))
    chart.show_images([trend_image(1, predicted=3), trend_image(5, predicted=12, read=read, is_current=True)])
    assert chart.accessibleName() == "Global score over time"
    assert chart.accessibleDescription() == (
        "2020-03-01: predicted 3. 2020-03-05 (shown): predicted 12, read 7 by Reader One, read 9"
    )


def test_a_film_without_a_date_or_a_score_is_told_but_not_drawn(chart):
    chart.show_images([trend_image(1, predicted=3), TrendImage(ImageMetadata(), predicted=4), trend_image(2)])
    assert len(chart.images) == 1
    assert "no date: predicted 4" in chart.accessibleDescription()
    assert "2020-03-02: no score" in chart.accessibleDescription()
    assert chart.accessibleDescription().endswith("2 without a date or a score")


def test_an_empty_chart_is_drawn_and_takes_keys(chart, qtbot):
    chart.show_images([])
    assert not chart.grab().isNull()
    with qtbot.assertNotEmitted(chart.chosen):
        qtbot.keyClick(chart, Qt.Key.Key_Return)


def test_a_film_under_the_pointer_is_told_in_words(chart, qtbot):
    show(qtbot, chart, [trend_image(1, predicted=3), trend_image(5, predicted=12), trend_image(6)])
    assert tell(chart, chart.place_of(1, 12)) == "2020-03-05: predicted 12"
    between = (chart.place_of(0, 3) + chart.place_of(1, 12)) / 2
    assert tell(chart, between) == "1 without a date or a score"


def test_the_places_of_films_go_with_the_picture_while_the_size_changes(chart, qtbot):
    show(qtbot, chart, [trend_image(1, predicted=3), trend_image(5, predicted=12)])
    before, image = chart.place_of(1, 12), chart.grab().toImage()
    chart.resize(680, chart.height())
    assert not chart.is_drawn
    assert chart.place_of(1, 12) == QPointF(2 * before.x(), before.y())
    assert chart.grab().toImage().scaled(image.size()) != chart.grab().toImage()
    with qtbot.waitSignal(chart.drawn, timeout=30_000):
        pass
    assert chart.place_of(1, 12).x() > 2 * before.x()  # the margins keep their width


def test_other_colours_and_larger_texts_are_drawn_anew(chart, qtbot):
    chart.setPalette(palette_of(LIGHT))
    show(qtbot, chart, [trend_image(1, predicted=3), trend_image(5, predicted=12)])
    light = chart.grab().toImage()
    with qtbot.waitSignal(chart.drawn, timeout=30_000):
        chart.setPalette(palette_of(DARK))
    dark = chart.grab().toImage()
    assert dark.pixelColor(1, 1).name() == DARK.window
    assert light.pixelColor(1, 1) != dark.pixelColor(1, 1)
    left = chart.area.left()
    font = chart.font()
    font.setPointSizeF(2 * font.pointSizeF())
    with qtbot.waitSignal(chart.drawn, timeout=30_000):
        chart.setFont(font)
    assert chart.area.left() > left


def test_the_sum_of_fewer_than_six_zones_is_told_and_not_drawn(chart):
    read = (("Reader One", PartialScore((None, 1, 1, 1, 1, 1))),)
    chart.show_images([trend_image(1, predicted=3, read=read), trend_image(5, read=read), trend_image(9, predicted=3)])
    assert "read 5 / 15 (5 of 6 zones) by Reader One" in chart.accessibleDescription()
    assert [image.read_totals for image in chart.images] == [(), ()]
    assert chart.remarks == "1 without a date or a score"


def test_the_picture_before_stays_only_where_the_new_one_tells_as_much(chart, qtbot):
    images = [trend_image(1, predicted=3), trend_image(5, predicted=12, is_current=True)]
    show(qtbot, chart, images)
    chart.show_images([*images, trend_image(9, predicted=7)])
    assert not chart.area.isEmpty()
    assert chart.marks == ()  # they are those of the films before
    qtbot.waitUntil(lambda: chart.is_drawn)
    chart.show_images([trend_image(1, predicted=3), trend_image(5, read=(("Reader", of_total(12)),))])
    assert chart.area.isEmpty()


def test_only_the_newest_of_many_wishes_is_shown(chart, qtbot):
    for total in range(19):
        chart.show_images([trend_image(1, predicted=0), trend_image(5, predicted=total)])
    qtbot.waitUntil(lambda: chart.is_drawn, timeout=30_000)
    assert chart.place_of(1, 18).y() < chart.place_of(0, 0).y()
    with pytest.raises(ValueError, match="no mark at 17"):
        chart.place_of(1, 17)


def test_the_keys_frame_is_around_the_film_they_would_choose(chart, qtbot):
    show(qtbot, chart, [trend_image(1, predicted=3), trend_image(9, predicted=12)])
    chart.setFocus()
    qtbot.waitUntil(chart.hasFocus)
    colour = chart.palette().highlight().color()

    def framed(number):
        place, image = chart.place_of(number, chart.images[number].predicted).toPoint(), chart.grab().toImage()
        return any(image.pixelColor(place - QPoint(dx, 0)) == colour for dx in range(5, 30))

    assert (framed(0), framed(1)) == (True, False)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert (framed(0), framed(1)) == (False, True)


def test_open_films_and_those_of_the_library_are_merged_by_their_uid(qapp, tmp_path):
    library = Library.open(tmp_path / LIBRARY_NAME, keep_identity=True)
    for number in (1, 2, 3):
        kept = library.remember_image(metadata(number), Path(f"/films/{number}.dcm"), THUMBNAIL).number
        library.add_prediction(kept, kept_prediction("111111"))
        library.add_reading(kept, reading("222222"))
    past = library.history_of_patient(library.key_of(metadata()))
    library.close()
    current = OpenImage(7, Path("/elsewhere/2.dcm"), metadata=metadata(2), score=BrixiaScore.from_text("333333"))
    unscored = OpenImage(8, Path("/films/3.dcm"), metadata=metadata(3))
    stranger = OpenImage(
        9, Path("/films/x.dcm"), metadata=metadata(4, patient="other"), score=BrixiaScore.from_text("333333")
    )
    images = images_of_patient(current, [stranger, unscored, current], past)
    assert [
        (image.metadata.study_date, image.key, image.predicted, image.read_totals, image.is_current) for image in images
    ] == [
        ("20260301", None, 6, (("Reader One", 12),), False),
        ("20260302", 7, 18, (("Reader One", 12),), True),
        ("20260303", 8, 6, (("Reader One", 12),), False),
    ]
    assert images[0].path == Path("/films/1.dcm")


def test_a_film_that_names_no_patient_has_no_priors(qapp):
    nameless = OpenImage(0, Path("/films/a.png"), score=BrixiaScore.from_text("333333"))
    images = images_of_patient(nameless, [nameless, replace(nameless, key=1, path=Path("/films/b.png"))], ())
    assert [image.key for image in images] == [0]


@pytest.fixture
def hannover(qtbot, tmp_path, queue):
    """The three sample studies of one patient, the first two in the library only, the third on the screen."""
    library = Library.open(tmp_path / LIBRARY_NAME, keep_identity=True)
    radiographs = [load_radiograph(file) for file in sample_files()[:3]]
    for radiograph, digits in zip(radiographs[:2], ("112011", "223112"), strict=True):
        number = library.remember_image(radiograph.metadata, radiograph.source, THUMBNAIL).number
        library.add_prediction(number, kept_prediction(digits))
        library.add_reading(number, reading("122111"))
    library.close()
    session = Session()
    session.reader = "Reader One"
    keeper = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    panel = TrendPanel(session, keeper, queue)
    qtbot.addWidget(panel)
    panel.resize(360, 220)
    key = session.add(radiographs[2].source).key
    session.accept_radiograph(key, radiographs[2], GREY)
    session.accept_prediction(key, prediction("333223"))
    session.select(key)
    yield session, panel, key
    keeper.close()


def test_a_series_shows_the_course_of_the_score_with_what_was_read_before(hannover, qtbot):
    _session, panel, key = hannover
    qtbot.waitUntil(lambda: len(panel.chart.images) == 3, timeout=20_000)
    assert [image.predicted for image in panel.chart.images] == [6, 11, 16]
    assert [image.read_totals for image in panel.chart.images] == [(("Reader One", 8),), (("Reader One", 8),), ()]
    assert [image.is_current for image in panel.chart.images] == [False, False, True]
    assert panel.isVisibleTo(panel.parentWidget())
    qtbot.waitUntil(lambda: panel.chart.is_drawn, timeout=30_000)
    with qtbot.waitSignal(panel.open_requested) as requested:
        qtbot.mouseClick(panel.chart, Qt.MouseButton.LeftButton, pos=panel.chart.place_of(0, 6).toPoint())
    assert requested.args == [sample_files()[0]]
    with qtbot.waitSignal(panel.chosen) as chosen:
        qtbot.mouseClick(panel.chart, Qt.MouseButton.LeftButton, pos=panel.chart.place_of(2, 16).toPoint())
    assert chosen.args == [key]


def test_blind_the_chart_tells_nothing_of_films_the_reader_has_not_read(hannover, qtbot):
    session, panel, key = hannover
    session.reader = "Reader Two"
    session.blind = True
    qtbot.waitUntil(lambda: bool(panel.chart.remarks) and panel.chart.images == (), timeout=20_000)
    assert panel.isHidden()
    assert panel.chart.marks == ()
    assert "16" not in panel.chart.accessibleDescription()
    for zone in ZONES:
        session.enter(key, zone, 1)
    session.save_reading(key)
    qtbot.waitUntil(lambda: len(panel.chart.images) == 1, timeout=20_000)
    assert panel.chart.images[0].predicted == 16

"""The global score of a patient over time: predictions and readings of open images and of those in the library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontInfo, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from app.background.jobs import JobQueue
from app.charts.chart_widget import ChartWidget
from app.charts.trend_chart import TrendContent, TrendPoint
from app.library.keeper import Keeper
from app.library.patients import patient_of
from app.library.records import PastImage
from app.session.open_image import OpenImage
from app.session.readings import Reading, describe_total, name_of_reader
from app.session.session import Session
from bsnet_core.brixia import BrixiaScore
from bsnet_core.dicom_dates import moment_of, shown_date
from bsnet_core.language import translate as _
from bsnet_core.partial_score import ReadScore
from bsnet_core.radiograph import ImageMetadata

REFRESH_AFTER_MS = 150
NEAR_PX = 14.0
"""Largest distance of a click from an image's marks."""


@dataclass(frozen=True, slots=True)
class TrendImage:
    """One image of the patient.

    Attributes:
        metadata: Metadata of the image.
        key: Key in the session; None if it is not open.
        path: File of an image in the library; None if it is open, or the library does not know the file.
        predicted: Global score of the last prediction; None if there is none, or it must not be seen yet.
        read: Reader and score of the last reading of each reader.
        is_current: Whether it is the open image.
    """

    metadata: ImageMetadata
    key: int | None = None
    path: Path | None = None
    predicted: int | None = None
    read: tuple[tuple[str, ReadScore], ...] = ()
    is_current: bool = False

    @property
    def taken_at(self) -> datetime | None:
        """Date and time of the image; None if the file states no date."""
        return moment_of(self.metadata.study_date, self.metadata.study_time)

    @property
    def read_totals(self) -> tuple[tuple[str, int], ...]:
        """Reader and global score; a sum of fewer than six zones is no global score, and would look like a decline."""
        return tuple((reader, score.total) for reader, score in self.read if isinstance(score, BrixiaScore))

    @property
    def is_scored(self) -> bool:
        """Whether there is a score to draw."""
        return self.predicted is not None or bool(self.read_totals)

    @property
    def sentence(self) -> str:
        """Date and scores in words."""
        scores = [] if self.predicted is None else [_("predicted {total}").format(total=self.predicted)]
        for reader, score in self.read:
            words = _("read {total} by {reader}") if reader else _("read {total}")
            whole = isinstance(score, BrixiaScore)
            scores.append(words.format(total=score.total if whole else describe_total(score), reader=reader))
        date = shown_date(self.metadata.study_date) or _("no date")
        shown = " " + _("(shown)") if self.is_current else ""
        return f"{date}{shown}: " + (", ".join(scores) if scores else _("no score"))


def images_of_patient(
    current: OpenImage, open_images: Iterable[OpenImage], past: Iterable[PastImage]
) -> tuple[TrendImage, ...]:
    """Images of the current patient by date; those without a date are last.

    Args:
        current: The open image.
        open_images: All images of the session with everything that may be shown now.
        past: The patient's images in the library.

    Returns:
        Each image once: an open one as in the session, completed by the library.
    """
    patient = patient_of(current.metadata)
    images: dict[str, TrendImage] = {}
    for image in open_images:
        if image.key == current.key or (patient and patient_of(image.metadata) == patient):
            images[_name_of(image.metadata, image.path)] = _image_of(image, is_current=image.key == current.key)
    for entry in past:
        name = _name_of(entry.image.metadata, entry.image.path)
        known = images.get(name)
        read = tuple((reading.reader, reading.score) for reading in entry.readings)
        predicted = entry.prediction.score.total if entry.prediction is not None else None
        if known is None:
            images[name] = TrendImage(entry.image.metadata, None, entry.image.path, predicted, read)
        elif known.key is not None:
            images[name] = replace(
                known, predicted=predicted if known.predicted is None else known.predicted, read=known.read or read
            )
    return tuple(sorted(images.values(), key=lambda known: (known.taken_at is None, known.taken_at or datetime.min)))


class TrendChart(ChartWidget):
    """Images over time. Left and Right move from image to image, Enter or a click chooses one."""

    chosen = Signal(object)
    """The `TrendImage` that was clicked."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(queue, parent)
        self._images: tuple[TrendImage, ...] = ()
        self._remarks = ""
        self._focused = 0
        self._trend: TrendContent | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Global score over time"))

    @property
    def images(self) -> tuple[TrendImage, ...]:
        """The images that are drawn: those with a date and a score."""
        return self._images

    @property
    def lines(self) -> tuple[str, ...]:
        """Names of the lines as in the legend: the predictions, then each reader."""
        if self._trend is None:
            return ()
        return (self._trend.prediction_label, *self._trend.readers)

    @property
    def remarks(self) -> str:
        """Remark on the whole chart; empty if there is none."""
        return self._remarks

    def show_images(self, images: Sequence[TrendImage]) -> None:
        """Draws these images.

        The previous chart stays until the new one is drawn, unless it reveals more: another patient, or scores that
        blind reading hides.
        """
        self._images = tuple(image for image in images if image.taken_at is not None and image.is_scored)
        current = [number for number, image in enumerate(self._images) if image.is_current]
        self._focused = current[0] if current else 0
        left_out = len(images) - len(self._images)
        self._remarks = _("{count} without a date or a score").format(count=left_out) if left_out else ""
        sentences = [image.sentence for image in images]
        self.setAccessibleDescription(". ".join([*sentences, self._remarks] if self._remarks else sentences))
        before, self._trend = self._trend, self._make_content()
        keeps = before is not None and self._trend is not None and self._trend.shows_all_of(before)
        self.show_chart(self._trend, keeps_image=keeps)

    def sizeHint(self) -> QSize:
        """Wide enough for a few dates, and low enough for the pane."""
        return QSize(300, round(12 * QFontMetricsF(self.font()).height()))

    def minimumSizeHint(self) -> QSize:
        """The usual height in less width, with room for the texts of the legend."""
        return QSize(max(180, 9 * QFontInfo(self.font()).pixelSize()), self.sizeHint().height())

    def place_of(self, number: int, total: int) -> QPointF:
        """Position of an image's global score in pixels of the widget; the chart must have been drawn."""
        point = self._trend.points[number] if self._trend is not None else None
        if point is None or total not in point.totals or not self.marks:
            raise ValueError(f"Image {number} has no mark at {total}.")
        return self.marks[number][point.totals.index(total)]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the chart, with a frame around the image that the keys would choose."""
        super().paintEvent(event)
        if not self.hasFocus() or not self.marks:
            return
        places = self.marks[self._focused]
        rows = [place.y() for place in places]
        text = QFontMetricsF(self.font()).height()
        around = QRectF(places[0].x(), min(rows), 0, max(rows) - min(rows))
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.drawRoundedRect(around.adjusted(-text, -1.8 * text, text, 0.8 * text), 5, 5)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the image that was clicked."""
        number = self._image_near(event.position())
        if number is not None:
            self._focused = number
            self.update()
            self.chosen.emit(self._images[number])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows a hand over an image."""
        near = self._image_near(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if near else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves from image to image, or chooses one."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and self._images:
            self._focused = min(max(self._focused + step, 0), len(self._images) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._images:
            self.chosen.emit(self._images[self._focused])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Shows the image under the pointer in words as a tooltip, elsewhere the remark."""
        if isinstance(event, QHelpEvent):
            number = self._image_near(QPointF(event.pos()))
            text = self._remarks if number is None else self._images[number].sentence
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _make_content(self) -> TrendContent | None:
        if not self._images:
            return None
        points = tuple(
            TrendPoint(
                image.taken_at,
                image.predicted,
                tuple((name_of_reader(reader), total) for reader, total in image.read_totals),
                image.is_current,
            )
            for image in self._images
            if image.taken_at is not None
        )
        return TrendContent(points, _("predictions"), _("open image"))

    def _image_near(self, point: QPointF) -> int | None:
        """The image whose column is near a point, from above the chart down to the dates."""
        below = 2.5 * QFontMetricsF(self.font()).height()
        if not self.marks or not self.area.adjusted(-NEAR_PX, -NEAR_PX, NEAR_PX, below).contains(point):
            return None
        distances = [(abs(places[0].x() - point.x()), number) for number, places in enumerate(self.marks)]
        nearest, number = min(distances)
        return number if nearest <= NEAR_PX else None


class TrendPanel(QWidget):
    """The chart of the current patient, following session and library.

    Hidden if there is only one image or nothing to draw, as before the first blind reading.
    """

    chosen = Signal(int)
    """Key of an image of the session."""
    open_requested = Signal(Path)
    """File of an image in the library that is not open."""

    def __init__(self, session: Session, keeper: Keeper, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._keeper = session, keeper
        self._request = 0
        self.chart = TrendChart(queue, self)
        self.chart.chosen.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 8)
        layout.addWidget(self.chart)
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(REFRESH_AFTER_MS)
        self._due.timeout.connect(self._ask)
        for signal in (session.current_changed, session.image_changed, session.previews_known, keeper.changed):
            signal.connect(self._refresh_soon)
        session.visibility_changed.connect(self._refresh_soon)
        session.emptied.connect(self.hide)
        session.images_removed.connect(self._refresh_soon)
        self.hide()

    def _refresh_soon(self) -> None:
        if not self._due.isActive():
            self._due.start()

    def _ask(self) -> None:
        current = self._session.current
        if current is None:
            return
        self._request += 1
        request, metadata = self._request, current.metadata

        def accept(past: tuple[PastImage, ...]) -> None:
            if request == self._request:  # else another image has been opened since
                self._show(past)

        def show_session_alone(error: object) -> None:
            accept(())

        self._keeper.ask(
            lambda library: library.history_of_patient(library.key_of(metadata)), accept, show_session_alone
        )

    def _show(self, past: tuple[PastImage, ...]) -> None:
        current = self._session.current
        if current is None:
            return
        visible = [self._as_visible(entry) for entry in past]
        for entry in visible:
            if entry.prediction is not None:
                self._keeper.note_shown(entry.image.number)
        shown = [self._session.shown(image.key) for image in self._session.images]
        images = images_of_patient(current, shown, visible)
        self.chart.show_images(images)
        self.setVisible(len(images) > 1 and bool(self.chart.images))

    def _as_visible(self, entry: PastImage) -> PastImage:
        if self._session.visibility.allows(reading.reader for reading in entry.readings):
            return entry
        return replace(entry, prediction=None, readings=())

    def _choose(self, image: TrendImage) -> None:
        if image.key is not None:
            self.chosen.emit(image.key)
        elif image.path is not None:
            self.open_requested.emit(image.path)


def _name_of(metadata: ImageMetadata, path: Path | None) -> str:
    return metadata.sop_instance_uid or str(path)


def _image_of(image: OpenImage, *, is_current: bool) -> TrendImage:
    last: dict[str, Reading] = {}
    for reading in image.readings:
        last.pop(reading.reader, None)
        last[reading.reader] = reading
    return TrendImage(
        metadata=image.metadata,
        key=image.key,
        predicted=image.score.total if image.score is not None else None,
        read=tuple((reading.reader, reading.score) for reading in last.values()),
        is_current=is_current,
    )

"""The global score of a patient over time: predictions and readings of open films and of those in the library."""

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
from app.session.readings import Reading
from app.session.session import Session
from bsnet_core.dicom_dates import moment_of, shown_date
from bsnet_core.language import translate as _
from bsnet_core.radiograph import ImageMetadata

REFRESH_AFTER_MS = 150
NEAR_PX = 14.0
"""How near to a film's marks a click must be."""


@dataclass(frozen=True, slots=True)
class TrendImage:
    """One film of the patient.

    Attributes:
        key: Of the study of the session; None where it is not open.
        path: Of a film of the library; None where it is open, or its place is not known.
        predicted: Global score of the last prediction; None where there is none, or it may not be seen yet.
        read: Global scores of the last reading of each reader, with who read.
    """

    metadata: ImageMetadata
    key: int | None = None
    path: Path | None = None
    predicted: int | None = None
    read: tuple[tuple[str, int], ...] = ()
    is_current: bool = False

    @property
    def taken_at(self) -> datetime | None:
        """Date and time of the film; None where the file states no date."""
        return moment_of(self.metadata.study_date, self.metadata.study_time)

    @property
    def is_scored(self) -> bool:
        """Whether there is anything to draw."""
        return self.predicted is not None or bool(self.read)

    @property
    def sentence(self) -> str:
        """The film in words."""
        said = [] if self.predicted is None else [_("predicted {total}").format(total=self.predicted)]
        for reader, total in self.read:
            words = _("read {total} by {reader}") if reader else _("read {total}")
            said.append(words.format(total=total, reader=reader))
        date = shown_date(self.metadata.study_date) or _("no date")
        shown = " " + _("(shown)") if self.is_current else ""
        return f"{date}{shown}: " + (", ".join(said) if said else _("no score"))


def images_of_patient(
    current: OpenImage, open_images: Iterable[OpenImage], past: Iterable[PastImage]
) -> tuple[TrendImage, ...]:
    """Films of the current study's patient in order of their dates; those without a date are last.

    Args:
        current: The study on the screen.
        open_images: All studies of the session as they may be shown.
        past: What the library knows of the patient.

    Returns:
        Each film once: an open one counts as it is open, with what the library adds to it.
    """
    patient = patient_of(current.metadata)
    images: dict[str, TrendImage] = {}
    for image in open_images:
        if image.key == current.key or (patient and patient_of(image.metadata) == patient):
            images[_name_of(image.metadata, image.path)] = _image_of(image, is_current=image.key == current.key)
    for entry in past:
        name = _name_of(entry.image.metadata, entry.image.path)
        known = images.get(name)
        read = tuple((reading.reader, reading.score.total) for reading in entry.readings)
        predicted = entry.prediction.score.total if entry.prediction is not None else None
        if known is None:
            images[name] = TrendImage(entry.image.metadata, None, entry.image.path, predicted, read)
        elif known.key is not None:
            images[name] = replace(
                known, predicted=predicted if known.predicted is None else known.predicted, read=known.read or read
            )
    return tuple(sorted(images.values(), key=lambda known: (known.taken_at is None, known.taken_at or datetime.min)))


class TrendChart(ChartWidget):
    """Shows films over time. Left and Right go from film to film, Enter or a click chooses one."""

    chosen = Signal(object)
    """The `TrendImage` that was clicked."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(queue, parent)
        self._images: tuple[TrendImage, ...] = ()
        self._remarks = ""
        self._focused = 0
        self._now: TrendContent | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Global score over time"))

    @property
    def images(self) -> tuple[TrendImage, ...]:
        """The films that are drawn: those with a date and a score."""
        return self._images

    @property
    def remarks(self) -> str:
        """What is to be known of the whole chart."""
        return self._remarks

    def show_images(self, images: Sequence[TrendImage]) -> None:
        """Draws these films.

        The picture before stays until the new one is there, unless it tells more: of another patient, or what blind
        reading hides.
        """
        self._images = tuple(image for image in images if image.taken_at is not None and image.is_scored)
        current = [number for number, image in enumerate(self._images) if image.is_current]
        self._focused = current[0] if current else 0
        left_out = len(images) - len(self._images)
        self._remarks = _("{count} without a date or a score").format(count=left_out) if left_out else ""
        said = [image.sentence for image in images]
        self.setAccessibleDescription(". ".join([*said, self._remarks] if self._remarks else said))
        before, self._now = self._now, self._as_drawn()
        keeps = before is not None and self._now is not None and self._now.shows_all_of(before)
        self.show_chart(self._now, keeps_image=keeps)

    def sizeHint(self) -> QSize:
        """Wide enough for a few dates, and no higher than a glance needs."""
        return QSize(300, round(12 * QFontMetricsF(self.font()).height()))

    def minimumSizeHint(self) -> QSize:
        """The same height in less width, yet with room for the words of the key."""
        return QSize(max(180, 9 * QFontInfo(self.font()).pixelSize()), self.sizeHint().height())

    def place_of(self, number: int, total: int) -> QPointF:
        """Where a global score of a film lies, in pixels of the widget; the picture must be there."""
        point = self._now.points[number] if self._now is not None else None
        if point is None or total not in point.totals or not self.marks:
            raise ValueError(f"Film {number} has no mark of {total}.")
        return self.marks[number][point.totals.index(total)]

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and a frame around the film that the keys would choose."""
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
        """Chooses the film that was clicked."""
        number = self._image_near(event.position())
        if number is not None:
            self._focused = number
            self.update()
            self.chosen.emit(self._images[number])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows a hand over a film."""
        near = self._image_near(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if near else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from film to film."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and self._images:
            self._focused = min(max(self._focused + step, 0), len(self._images) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._images:
            self.chosen.emit(self._images[self._focused])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tells a film in words under the pointer, elsewhere the remarks."""
        if isinstance(event, QHelpEvent):
            number = self._image_near(QPointF(event.pos()))
            text = self._remarks if number is None else self._images[number].sentence
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _as_drawn(self) -> TrendContent | None:
        if not self._images:
            return None
        points = tuple(
            TrendPoint(image.taken_at, image.predicted, tuple(total for _reader, total in image.read), image.is_current)
            for image in self._images
            if image.taken_at is not None
        )
        return TrendContent(points, _("predictions"), _("readings"), _("film shown"))

    def _image_near(self, point: QPointF) -> int | None:
        """The film whose column a point is near to; from above the chart down to the dates."""
        below = 2.5 * QFontMetricsF(self.font()).height()
        if not self.marks or not self.area.adjusted(-NEAR_PX, -NEAR_PX, NEAR_PX, below).contains(point):
            return None
        distances = [(abs(places[0].x() - point.x()), number) for number, places in enumerate(self.marks)]
        nearest, number = min(distances)
        return number if nearest <= NEAR_PX else None


class TrendPanel(QWidget):
    """The chart of the patient on the screen, following session and library.

    Hidden while there is but one film, and while there is nothing to draw, as before the first reading of a blind one.
    """

    chosen = Signal(int)
    """Key of a study of the session."""
    requested = Signal(Path)
    """A film of the library that is not open."""

    def __init__(self, session: Session, keeper: Keeper, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._keeper = session, keeper
        self._question = 0
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
        for signal in (self._session.blind_changed, self._session.reader_changed):
            signal.connect(self._refresh_soon)
        self.hide()

    def _refresh_soon(self) -> None:
        if not self._due.isActive():
            self._due.start()

    def _ask(self) -> None:
        current = self._session.current
        if current is None:
            return
        self._question += 1
        question, metadata = self._question, current.metadata

        def accept(past: tuple[PastImage, ...]) -> None:
            if question == self._question:  # else another study has come to the screen since
                self._show(past)

        def do_without(error: object) -> None:
            accept(())

        self._keeper.ask(lambda library: library.history_of_patient(library.key_of(metadata)), accept, do_without)

    def _show(self, past: tuple[PastImage, ...]) -> None:
        current = self._session.current
        if current is None:
            return
        visible = [self._as_seen(entry) for entry in past]
        shown = [self._session.shown(image.key) for image in self._session.images]
        images = images_of_patient(current, shown, visible)
        self.chart.show_images(images)
        self.setVisible(len(images) > 1 and bool(self.chart.images))

    def _as_seen(self, entry: PastImage) -> PastImage:
        """Blind, nothing is told of a film before its reader has read it: a prior's score would give a hint."""
        reader = self._session.reader
        if self._session.blind and reader not in {reading.reader for reading in entry.readings}:
            return replace(entry, prediction=None, readings=())
        return entry

    def _choose(self, image: TrendImage) -> None:
        if image.key is not None:
            self.chosen.emit(image.key)
        elif image.path is not None:
            self.requested.emit(image.path)


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
        read=tuple((reading.reader, reading.score.total) for reading in last.values()),
        is_current=is_current,
    )

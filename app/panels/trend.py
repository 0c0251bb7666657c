"""The global score of a patient over time: predictions and readings of open films and of those in the library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from app.keeping import Keeper
from app.library.patients import patient_of
from app.library.records import PastStudy
from app.panels.library_list import MOST
from app.readings import Reading
from app.session import Session, Study
from bsnet_core.dicom_dates import moment_of, shown_date
from bsnet_core.language import translate as _
from bsnet_core.radiograph import StudyFacts

REFRESH_AFTER_MS = 150
TICKS = (0, 6, 12, MOST)
MARK_PX = 5.0
NEAR_PX = 14.0
"""How near to a film's marks a click must be."""
LEAST_GAP_PX = 22.0
"""Films of the same day are set apart by this much."""


@dataclass(frozen=True, slots=True)
class TrendFilm:
    """One film of the patient.

    Attributes:
        key: Of the study of the session; None where it is not open.
        path: Of a film of the library; None where it is open, or its place is not known.
        predicted: Global score of the last prediction; None where there is none, or it may not be seen yet.
        read: Global scores of the last reading of each reader, with who read.
    """

    facts: StudyFacts
    key: int | None = None
    path: Path | None = None
    predicted: int | None = None
    read: tuple[tuple[str, int], ...] = ()
    is_current: bool = False

    @property
    def taken_at(self) -> datetime | None:
        """Date and time of the film; None where the file states no date."""
        return moment_of(self.facts.study_date, self.facts.study_time)

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
        date = shown_date(self.facts.study_date) or _("no date")
        shown = " " + _("(shown)") if self.is_current else ""
        return f"{date}{shown}: " + (", ".join(said) if said else _("no score"))


def films_of_patient(current: Study, open_studies: Iterable[Study], past: Iterable[PastStudy]) -> tuple[TrendFilm, ...]:
    """Films of the current study's patient in order of their dates; those without a date are last.

    Args:
        current: The study on the screen.
        open_studies: All studies of the session as they may be shown.
        past: What the library knows of the patient.

    Returns:
        Each film once: an open one counts as it is open, with what the library adds to it.
    """
    patient = patient_of(current.facts)
    films: dict[str, TrendFilm] = {}
    for study in open_studies:
        if study.key == current.key or (patient and patient_of(study.facts) == patient):
            films[_name_of(study.facts, study.path)] = _film_of(study, is_current=study.key == current.key)
    for entry in past:
        name = _name_of(entry.study.facts, entry.study.path)
        known = films.get(name)
        read = tuple((reading.reader, reading.score.total) for reading in entry.readings)
        predicted = entry.prediction.score.total if entry.prediction is not None else None
        if known is None:
            films[name] = TrendFilm(entry.study.facts, None, entry.study.path, predicted, read)
        elif known.key is not None:
            films[name] = replace(
                known, predicted=predicted if known.predicted is None else known.predicted, read=known.read or read
            )
    return tuple(sorted(films.values(), key=lambda film: (film.taken_at is None, film.taken_at or datetime.min)))


class TrendChart(QWidget):
    """Draws films over time. Left and Right go from film to film, Enter or a click chooses one."""

    chosen = Signal(object)
    """The `TrendFilm` that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._films: tuple[TrendFilm, ...] = ()
        self._focused = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Global score over time"))

    @property
    def films(self) -> tuple[TrendFilm, ...]:
        """The films that are drawn: those with a date and a score."""
        return self._films

    def show_films(self, films: Sequence[TrendFilm]) -> None:
        """Draws these films."""
        self._films = tuple(film for film in films if film.taken_at is not None and film.is_scored)
        current = [number for number, film in enumerate(self._films) if film.is_current]
        self._focused = current[0] if current else 0
        self.setAccessibleDescription(". ".join(film.sentence for film in films))
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for a few dates, and no higher than a glance needs."""
        return QSize(300, round(10.5 * QFontMetricsF(self.font()).height()))

    def minimumSizeHint(self) -> QSize:
        """The same height in less width."""
        return QSize(180, self.sizeHint().height())

    def place_of(self, number: int, total: float) -> QPointF:
        """Where a global score of a film lies, in pixels of the widget."""
        area = self._area()
        return QPointF(self._columns()[number], area.bottom() - total / MOST * area.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axes, the lines from film to film, and the marks on top."""
        with QPainter(self) as painter:  # ended even where painting fails
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_axes(painter)
            predicted = [(n, film.predicted) for n, film in enumerate(self._films) if film.predicted is not None]
            read = [(n, total) for n, film in enumerate(self._films) for _reader, total in film.read[-1:]]
            self._paint_line(painter, predicted, Qt.PenStyle.SolidLine)
            self._paint_line(painter, read, Qt.PenStyle.DashLine)
            for number, film in enumerate(self._films):
                if film.predicted is not None:
                    paint_prediction(painter, self.place_of(number, film.predicted), self.palette().text().color())
                for _reader, total in film.read:
                    paint_reading(painter, self.place_of(number, total), self.palette().link().color())
            self._paint_totals(painter)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the film that was clicked."""
        number = self._film_near(event.position())
        if number is not None:
            self._focused = number
            self.update()
            self.chosen.emit(self._films[number])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows a hand over a film."""
        near = self._film_near(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if near else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from film to film."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and self._films:
            self._focused = min(max(self._focused + step, 0), len(self._films) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._films:
            self.chosen.emit(self._films[self._focused])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tells a film in words under the pointer."""
        if isinstance(event, QHelpEvent):
            number = self._film_near(QPointF(event.pos()))
            if number is not None:
                QToolTip.showText(event.globalPos(), self._films[number].sentence, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _area(self) -> QRectF:
        metrics = QFontMetricsF(self.font())
        left = metrics.horizontalAdvance(str(MOST)) + 10
        return QRectF(self.rect()).adjusted(left, metrics.height() + 8, -14, -1.6 * metrics.height())

    def _columns(self) -> list[float]:
        """The films' places from left to right: by time, set apart where they would cover each other."""
        area = self._area().adjusted(LEAST_GAP_PX, 0, -LEAST_GAP_PX, 0)
        moments = [film.taken_at.timestamp() for film in self._films if film.taken_at is not None]
        if len(moments) < 2 or moments[0] == moments[-1]:
            even = len(moments) + 1
            return [area.left() + (n + 1) * area.width() / even for n in range(len(moments))]
        span = moments[-1] - moments[0]
        places = [(moment - moments[0]) / span * area.width() for moment in moments]
        gap = min(LEAST_GAP_PX, area.width() / (len(places) - 1))
        for number in range(1, len(places)):
            places[number] = max(places[number], places[number - 1] + gap)
        squeeze = area.width() / places[-1]
        return [area.left() + place * squeeze for place in places]

    def _paint_axes(self, painter: QPainter) -> None:
        area, metrics = self._area(), QFontMetricsF(self.font())
        faint, text = QColor(self.palette().text().color()), self.palette().placeholderText().color()
        faint.setAlphaF(0.16)
        for tick in TICKS:
            y = area.bottom() - tick / MOST * area.height()
            painter.setPen(QPen(faint, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(text)
            box = QRectF(0, y - metrics.height() / 2, area.left() - 6, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(tick))
        columns = self._columns()
        for number in self._order_of_labels():
            film, x = self._films[number], columns[number]
            if film.is_current:
                painter.fillRect(QRectF(x - LEAST_GAP_PX / 2, area.top(), LEAST_GAP_PX, area.height()), faint)
        painter.setPen(text)
        taken: list[QRectF] = []
        for number in self._order_of_labels():
            label = shown_date(self._films[number].facts.study_date)
            width = metrics.horizontalAdvance(label) + 4
            left = min(max(columns[number] - width / 2, 0.0), self.width() - width)
            box = QRectF(left, area.bottom() + 5, width, metrics.height())
            if not any(box.intersects(other) for other in taken):
                taken.append(box)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)

    def _order_of_labels(self) -> list[int]:
        """The current film's date first, then the ends: what is written before others is not left out."""
        count = len(self._films)
        wanted = [number for number, film in enumerate(self._films) if film.is_current]
        return list(dict.fromkeys([*wanted, *([0, count - 1] if count else []), *range(count)]))

    def _paint_line(self, painter: QPainter, totals: Sequence[tuple[int, int]], style: Qt.PenStyle) -> None:
        colour = QColor(self.palette().text().color())
        colour.setAlphaF(0.45)
        painter.setPen(QPen(colour, 1.2, style))
        painter.drawPolyline(QPolygonF([self.place_of(number, total) for number, total in totals]))

    def _paint_totals(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(self.font())
        for number, film in enumerate(self._films):
            totals = [
                total for total in (film.predicted, *(total for _reader, total in film.read)) if total is not None
            ]
            top = self.place_of(number, max(totals))
            words = "/".join(str(total) for total in dict.fromkeys(totals))
            width = metrics.horizontalAdvance(words) + 4
            box = QRectF(top.x() - width / 2, top.y() - MARK_PX - 3 - metrics.height(), width, metrics.height())
            painter.setPen(self.palette().text().color())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
            if self.hasFocus() and number == self._focused:
                low = self.place_of(number, min(totals))
                around = QRectF(top, low).normalized().adjusted(-13, box.top() - top.y() - 2, 13, 11)
                painter.setPen(QPen(self.palette().highlight().color(), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(around, 5, 5)

    def _film_near(self, point: QPointF) -> int | None:
        if not self._area().adjusted(-NEAR_PX, -NEAR_PX, NEAR_PX, 40).contains(point):
            return None
        distances = [(abs(column - point.x()), number) for number, column in enumerate(self._columns())]
        near = [pair for pair in distances if pair[0] <= NEAR_PX]
        return min(near)[1] if near else None


class TrendPanel(QWidget):
    """The chart of the patient on the screen, following session and library.

    Hidden while there is but one film, and while there is nothing to draw, as before the first reading of a blind one.
    """

    chosen = Signal(int)
    """Key of a study of the session."""
    wanted = Signal(Path)
    """A film of the library that is not open."""

    def __init__(self, session: Session, keeper: Keeper, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._keeper = session, keeper
        self._question = 0
        self.chart = TrendChart(self)
        self.chart.chosen.connect(self._choose)
        self._legend = QLabel("", self)
        self._legend.setProperty("role", "muted")
        self._legend.setWordWrap(True)
        self._legend.setAccessibleName(_("Global score over time, key and remarks"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 8)
        layout.setSpacing(2)
        layout.addWidget(self.chart)
        layout.addWidget(self._legend)
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(REFRESH_AFTER_MS)
        self._due.timeout.connect(self._ask)
        for signal in (session.current_changed, session.study_changed, session.pictures_known, keeper.changed):
            signal.connect(self._refresh_soon)
        for signal in (self._session.blind_changed, self._session.reader_changed):
            signal.connect(self._refresh_soon)
        self.hide()

    @property
    def legend(self) -> str:
        """Which mark is what, and what is not drawn."""
        return self._legend.text()

    def _refresh_soon(self) -> None:
        if not self._due.isActive():
            self._due.start()

    def _ask(self) -> None:
        current = self._session.current
        if current is None:
            return
        self._question += 1
        question, facts = self._question, current.facts

        def accept(past: tuple[PastStudy, ...]) -> None:
            if question == self._question:  # else another study has come to the screen since
                self._show(past)

        def do_without(error: object) -> None:
            accept(())

        self._keeper.ask(lambda library: library.history_of_patient(library.key_of(facts)), accept, do_without)

    def _show(self, past: tuple[PastStudy, ...]) -> None:
        current = self._session.current
        if current is None:
            return
        visible = [self._as_seen(entry) for entry in past]
        shown = [self._session.shown(study.key) for study in self._session.studies]
        films = films_of_patient(current, shown, visible)
        self.chart.show_films(films)
        left_out = len(films) - len(self.chart.films)
        self._legend.setText(_("● prediction   ◇ reading"))  # one line: the lists above need the room
        remarks = [_("shaded: the film shown")]
        if left_out:
            remarks.append(_("{count} without a date or a score").format(count=left_out))
        self._legend.setToolTip("\n".join(remarks))
        self._legend.setAccessibleDescription("\n".join(remarks))
        self.setVisible(len(films) > 1 and bool(self.chart.films))

    def _as_seen(self, entry: PastStudy) -> PastStudy:
        """Blind, nothing is told of a film before its reader has read it: a prior's score would give a hint."""
        reader = self._session.reader
        if self._session.blind and reader not in {reading.reader for reading in entry.readings}:
            return replace(entry, prediction=None, readings=())
        return entry

    def _choose(self, film: TrendFilm) -> None:
        if film.key is not None:
            self.chosen.emit(film.key)
        elif film.path is not None:
            self.wanted.emit(film.path)


def paint_prediction(painter: QPainter, place: QPointF, colour: QColor) -> None:
    """A disc."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(place, MARK_PX, MARK_PX)


def paint_reading(painter: QPainter, place: QPointF, colour: QColor) -> None:
    """An open diamond, so that a disc below it is still seen."""
    reach = MARK_PX + 3
    corners = [QPointF(place.x() + x * reach, place.y() + y * reach) for x, y in ((0, -1), (1, 0), (0, 1), (-1, 0))]
    painter.setPen(QPen(colour, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(QPolygonF(corners))


def _name_of(facts: StudyFacts, path: Path | None) -> str:
    return facts.sop_instance_uid or str(path)


def _film_of(study: Study, *, is_current: bool) -> TrendFilm:
    last: dict[str, Reading] = {}
    for reading in study.readings:
        last.pop(reading.reader, None)
        last[reading.reader] = reading
    return TrendFilm(
        facts=study.facts,
        key=study.key,
        predicted=study.score.total if study.score is not None else None,
        read=tuple((reading.reader, reading.score.total) for reading in last.values()),
        is_current=is_current,
    )

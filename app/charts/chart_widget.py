"""Shows a chart drawn by a job: the last drawing stays, stretched, until the newest one is finished."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontInfo, QImage, QPainter, QPaintEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.background.jobs import Job, JobQueue
from app.charts.chart_image import ChartColours, ChartImage, ChartLook
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _

SETTLED_AFTER_MS = 40
"""A chart is drawn once its size, colours and texts have not changed for this long."""
LOOK_CHANGES = (
    QEvent.Type.PaletteChange,
    QEvent.Type.FontChange,
    QEvent.Type.StyleChange,
    QEvent.Type.DevicePixelRatioChange,
)


class ChartContent(Protocol):
    """The content of a chart: frozen data that can draw itself."""

    def draw(self, look: ChartLook) -> ChartImage:
        """Draws the chart; called in a job."""
        ...


class ChartWidget(QWidget):
    """Has one drawing made at a time, and only while it is visible."""

    drawn = Signal()
    """The newest drawing is on the screen."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._job: Job | None = None
        self._content: ChartContent | None = None
        self._drawn: ChartImage | None = None
        self._drawn_content: ChartContent | None = None
        self._qimage = QImage()
        self._message = ""
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self._ask)

    @property
    def sentence(self) -> str:
        """The sentence shown instead of a chart; empty where there is a chart."""
        if not self._qimage.isNull():
            return ""
        return self._message if self._content is None else _("Drawing…")

    @property
    def is_drawn(self) -> bool:
        """Whether the chart on the screen is up to date."""
        if self._content is None:
            return True
        return self._drawn is not None and self._drawn_content == self._content and self._drawn.look == self._look

    def show_chart(self, content: ChartContent | None, *, message: str = "", keeps_image: bool = False) -> None:
        """Shows other content.

        Args:
            content: The new content; None where there is nothing to draw.
            message: The sentence shown where there is nothing to draw.
            keeps_image: Whether the last drawing may stay until the new one is finished.
        """
        self._message = message
        if content is not None and content == self._content:
            return
        self._content = content
        if not keeps_image or content is None:
            self._drawn, self._drawn_content, self._qimage = None, None, QImage()
        self._due.start(0)
        self.update()

    @property
    def marks(self) -> tuple[tuple[QPointF, ...], ...]:
        """Places of the marks of each item, in pixels of the widget; none until the current content is drawn."""
        if self._drawn is None or self._drawn_content != self._content:
            return ()
        return tuple(tuple(self._stretched(x, y) for x, y in group) for group in self._drawn.marks)

    @property
    def area(self) -> QRectF:
        """The rectangle of the axes, in pixels of the widget; empty without a chart."""
        if self._drawn is None:
            return QRectF()
        left, top, right, bottom = self._drawn.area
        return QRectF(self._stretched(left, top), self._stretched(right, bottom))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the chart, or the sentence in its place."""
        with QPainter(self) as painter:  # ended even where painting fails
            if self._qimage.isNull():
                painter.setPen(self.palette().placeholderText().color())
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.sentence)
                return
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.rect(), self._qimage)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draws the chart again once the size no longer changes."""
        super().resizeEvent(event)
        self._due.start(SETTLED_AFTER_MS)

    def showEvent(self, event: QShowEvent) -> None:
        """Draws what was not drawn while the widget was invisible."""
        super().showEvent(event)
        self._due.start(0)

    def event(self, event: QEvent) -> bool:
        """Follows theme, font size and screen."""
        if event.type() in LOOK_CHANGES:
            self._due.start(SETTLED_AFTER_MS)
        return super().event(event)

    @property
    def _look(self) -> ChartLook:
        roles, palette = QPalette.ColorRole, self.palette()
        return ChartLook(
            width_px=self.width(),
            height_px=self.height(),
            pixel_ratio=self.devicePixelRatioF(),
            font_px=float(QFontInfo(self.font()).pixelSize()),
            colours=ChartColours(
                background=palette.color(roles.Window).name(),
                text=palette.color(roles.WindowText).name(),
                muted=palette.color(roles.PlaceholderText).name(),
                accent=palette.color(roles.Link).name(),
            ),
        )

    def _stretched(self, x: float, y: float) -> QPointF:
        look = self._drawn.look if self._drawn is not None else self._look
        return QPointF(x * self.width() / look.width_px, y * self.height() / look.height_px)

    def _ask(self) -> None:
        if self._job is not None or self._content is None or not self.isVisible():
            return  # asked for again after the job, or when the widget is shown
        look = self._look
        if self.is_drawn or min(look.width_px, look.height_px) < 1:
            return
        content = self._content
        job = self._job = Job(lambda report: (content, content.draw(look)), parent=self)
        job.succeeded.connect(self._accept)
        job.failed.connect(self._show_error)
        job.ended.connect(self._finish_job)
        self._queue.submit(job)

    def _accept(self, answer: tuple[ChartContent, ChartImage]) -> None:
        content, drawn = answer
        if content != self._content:
            return  # other content has been shown since
        self._drawn_content, self._drawn = content, drawn
        self._qimage = QImage(
            drawn.rgba, drawn.width, drawn.height, 4 * drawn.width, QImage.Format.Format_RGBX8888
        ).convertToFormat(QImage.Format.Format_RGB32)
        self._qimage.setDevicePixelRatio(drawn.look.pixel_ratio)
        self.update()
        if self.is_drawn:
            self.drawn.emit()

    def _show_error(self, error: BSNetError) -> None:
        self._content = None
        self._message = str(error)
        self.update()

    def _finish_job(self) -> None:
        self._job = None
        self._ask()

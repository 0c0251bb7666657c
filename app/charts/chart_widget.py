"""Shows a chart that a job draws: the picture before stays, stretched, until the newest one is there."""

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
"""A chart is drawn when its size, colours and texts have stood still for so long."""
LOOK_CHANGES = (
    QEvent.Type.PaletteChange,
    QEvent.Type.FontChange,
    QEvent.Type.StyleChange,
    QEvent.Type.DevicePixelRatioChange,
)


class ChartContent(Protocol):
    """What a chart shows, as frozen data that knows how to be drawn."""

    def draw(self, look: ChartLook) -> ChartImage:
        """The picture; called in a job."""
        ...


class ChartWidget(QWidget):
    """Asks for one picture at a time, and only while it can be seen."""

    drawn = Signal()
    """The newest picture is on the screen."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._job: Job | None = None
        self._drawing: ChartContent | None = None
        self._chart: ChartImage | None = None
        self._chart_of: ChartContent | None = None
        self._image = QImage()
        self._instead = ""
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self._ask)

    @property
    def sentence(self) -> str:
        """What is said instead of a picture; nothing where there is one."""
        if not self._image.isNull():
            return ""
        return self._instead if self._drawing is None else _("Drawing…")

    @property
    def is_drawn(self) -> bool:
        """Whether what is on the screen is up to date."""
        if self._drawing is None:
            return True
        return self._chart is not None and self._chart_of == self._drawing and self._chart.look == self._look

    def show_chart(self, drawing: ChartContent | None, *, message: str = "", keeps_image: bool = False) -> None:
        """Shows something else.

        Args:
            drawing: None where there is nothing to draw.
            message: The sentence shown then.
            keeps_image: Whether the picture before may be seen until the new one is there.
        """
        self._instead = message
        if drawing is not None and drawing == self._drawing:
            return
        self._drawing = drawing
        if not keeps_image or drawing is None:
            self._chart, self._chart_of, self._image = None, None, QImage()
        self._due.start(0)
        self.update()

    @property
    def marks(self) -> tuple[tuple[QPointF, ...], ...]:
        """Places of the marks of each thing shown, in pixels of the widget; none while another chart is awaited."""
        if self._chart is None or self._chart_of != self._drawing:
            return ()
        return tuple(tuple(self._stretched(x, y) for x, y in group) for group in self._chart.marks)

    @property
    def area(self) -> QRectF:
        """Where the axes lie, in pixels of the widget; empty without a picture."""
        if self._chart is None:
            return QRectF()
        left, top, right, bottom = self._chart.area
        return QRectF(self._stretched(left, top), self._stretched(right, bottom))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, or the sentence instead."""
        with QPainter(self) as painter:  # ended even where painting fails
            if self._image.isNull():
                painter.setPen(self.palette().placeholderText().color())
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.sentence)
                return
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.rect(), self._image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another picture, once the size stands still."""
        super().resizeEvent(event)
        self._due.start(SETTLED_AFTER_MS)

    def showEvent(self, event: QShowEvent) -> None:
        """What was not drawn while nobody could see it."""
        super().showEvent(event)
        self._due.start(0)

    def event(self, event: QEvent) -> bool:
        """Follows theme, size of the texts and screen."""
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
        look = self._chart.look if self._chart is not None else self._look
        return QPointF(x * self.width() / look.width_px, y * self.height() / look.height_px)

    def _ask(self) -> None:
        if self._job is not None or self._drawing is None or not self.isVisible():
            return  # what is due after a job, or when the widget is shown, is asked for then
        look = self._look
        if self.is_drawn or min(look.width_px, look.height_px) < 1:
            return
        drawing = self._drawing
        job = self._job = Job(lambda report: (drawing, drawing.draw(look)), parent=self)
        job.succeeded.connect(self._accept)
        job.failed.connect(self._tell)
        job.ended.connect(self._go_on)
        self._queue.submit(job)

    def _accept(self, answer: tuple[ChartContent, ChartImage]) -> None:
        drawing, image = answer
        if drawing != self._drawing:
            return  # something else is to be shown since
        self._chart_of, self._chart = answer
        ratio = image.look.pixel_ratio
        self._image = QImage(
            image.rgba, image.width, image.height, 4 * image.width, QImage.Format.Format_RGBX8888
        ).convertToFormat(QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(ratio)
        self.update()
        if self.is_drawn:
            self.drawn.emit()

    def _tell(self, error: BSNetError) -> None:
        self._drawing = None
        self._instead = str(error)
        self.update()

    def _go_on(self) -> None:
        self._job = None
        self._ask()

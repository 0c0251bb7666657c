"""The Bland–Altman plot of the global score: difference against mean, with the limits of agreement."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.panels.zone_cell import signed
from bsnet_core.agreement import MAX_TOTAL, BlandAltman, Estimate, bland_altman
from bsnet_core.language import translate as _

SMALLEST_RANGE = 4
"""The difference axis reaches at least this far, so that small differences do not look large."""
X_STEP, DOT_PX = 3, 3.0
LARGEST_DOT_PX = 13.0


class BlandAltmanPlot(QWidget):
    """Equal pairs share a dot whose area tells how many they are. Everything drawn is said in the description too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dots: Counter[tuple[float, int]] = Counter()
        self._limits: BlandAltman | None = None
        self.setMinimumSize(320, 220)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(_("Bland–Altman plot of the global score"))

    @property
    def limits(self) -> BlandAltman | None:
        """Mean difference and limits of agreement; None without readings."""
        return self._limits

    def show_totals(self, predicted: Sequence[int], read: Sequence[int]) -> None:
        """Shows global scores, predicted and read, of the same films."""
        pairs = Counter(zip(predicted, read, strict=True))
        self._dots = Counter({((mine + other) / 2, mine - other): count for (mine, other), count in pairs.items()})
        self._limits = bland_altman(list(predicted), list(read)) if pairs else None
        self.setAccessibleDescription(self._describe())
        self.setToolTip(self._describe())
        self.update()

    def sizeHint(self) -> QSize:
        """A readable size."""
        return QSize(480, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axes, bands, lines and dots."""
        with QPainter(self) as painter:  # ended even where painting fails
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._limits is None:
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _("No reading beside a prediction yet."))
                return
            reach = self._reach(self._limits)
            place = self._plot_area()
            self._paint_axes(painter, place, reach)
            self._paint_lines(painter, place, reach, self._limits)
            self._paint_dots(painter, place, reach)

    def _reach(self, limits: BlandAltman) -> int:
        """How far the difference axis goes up and down."""
        values: list[float] = [abs(difference) for _mean, difference in self._dots]
        values += [abs(value) for value in (limits.lower_limit.value, limits.upper_limit.value) if math.isfinite(value)]
        reach = math.ceil(max([SMALLEST_RANGE, *values]) * 1.08)
        return reach + reach % 2

    def _plot_area(self) -> QRectF:
        metrics = self.fontMetrics()
        line = metrics.height()
        left = metrics.horizontalAdvance("−18") + line + 12
        right = metrics.horizontalAdvance(_("{name} {value}").format(name=_("+1.96 SD"), value="−18.0")) + 10
        return QRectF(left, 8, max(self.width() - left - right, 40), max(self.height() - 2.6 * line - 12, 40))

    def _paint_axes(self, painter: QPainter, place: QRectF, reach: int) -> None:
        line = self.fontMetrics().height()
        faint = self._faint(60)
        text = self.palette().windowText().color()
        step = 2 if reach <= 8 else 4 if reach <= 16 else 6
        for difference in range(-(reach // step) * step, reach + 1, step):
            y = _y(place, reach, difference)
            painter.setPen(QPen(faint, 1))
            painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))
            painter.setPen(text)
            box = QRectF(place.left() - 60, y - line / 2, 54, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, signed(difference))
        for mean in range(0, MAX_TOTAL + 1, X_STEP):
            x = _x(place, mean)
            painter.setPen(QPen(faint, 1))
            painter.drawLine(QPointF(x, place.bottom()), QPointF(x, place.bottom() + 4))
            painter.setPen(text)
            box = QRectF(x - 20, place.bottom() + 5, 40, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(mean))
        below = QRectF(place.left(), place.bottom() + 5 + line, place.width(), line * 1.3)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, _("mean of both global scores"))
        painter.save()
        painter.translate(line / 2 + 2, place.center().y())
        painter.rotate(-90)
        beside = QRectF(-place.height() / 2, -line / 2, place.height(), line)
        painter.drawText(beside, Qt.AlignmentFlag.AlignCenter, _("prediction minus reading"))
        painter.restore()

    def _paint_lines(self, painter: QPainter, place: QRectF, reach: int, limits: BlandAltman) -> None:
        strong = self.palette().link().color()
        band = QColor(strong)
        band.setAlpha(45)
        line = self.fontMetrics().height()
        painter.setPen(QPen(self._faint(170), 1))
        zero = _y(place, reach, 0)
        painter.drawLine(QPointF(place.left(), zero), QPointF(place.right(), zero))
        for name, estimate, style in self._named_lines(limits):
            if not math.isfinite(estimate.value):
                continue
            y = _y(place, reach, estimate.value)
            if math.isfinite(estimate.low):
                top = max(_y(place, reach, estimate.high), place.top())
                bottom = min(_y(place, reach, estimate.low), place.bottom())
                painter.fillRect(QRectF(place.left(), top, place.width(), max(bottom - top, 1.0)), band)
            painter.setPen(QPen(strong, 1.6, style))
            painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))
            painter.setPen(self.palette().windowText().color())
            box = QRectF(place.right() + 6, y - line / 2, self.width() - place.right() - 6, line)
            label = _("{name} {value}").format(name=name, value=_decimal(estimate.value))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)

    def _paint_dots(self, painter: QPainter, place: QRectF, reach: int) -> None:
        most = max(self._dots.values())
        fill = QColor(self.palette().windowText().color())
        fill.setAlpha(190)
        painter.setBrush(fill)
        painter.setPen(QPen(self.palette().window().color(), 1))
        for (mean, difference), count in self._dots.items():
            radius = max(DOT_PX, LARGEST_DOT_PX * math.sqrt(count / most)) if most > 1 else DOT_PX + 1
            painter.drawEllipse(QPointF(_x(place, mean), _y(place, reach, difference)), radius, radius)

    def _named_lines(self, limits: BlandAltman) -> tuple[tuple[str, Estimate, Qt.PenStyle], ...]:
        return (
            (_("+1.96 SD"), limits.upper_limit, Qt.PenStyle.DashLine),
            (_("mean"), limits.mean_difference, Qt.PenStyle.SolidLine),
            (_("−1.96 SD"), limits.lower_limit, Qt.PenStyle.DashLine),
        )

    def _describe(self) -> str:
        if self._limits is None:
            return ""
        lines = [_("Global score, prediction minus reading, {count} readings.").format(count=self._limits.count)]
        for name, estimate, _style in self._named_lines(self._limits):
            if math.isfinite(estimate.low):
                lines.append(
                    _("{name}: {value} (95 % interval {low} to {high})").format(
                        name=name,
                        value=_decimal(estimate.value),
                        low=_decimal(estimate.low),
                        high=_decimal(estimate.high),
                    )
                )
        return "\n".join(lines)

    def _faint(self, alpha: int) -> QColor:
        colour = QColor(self.palette().windowText().color())
        colour.setAlpha(alpha)
        return colour


def _x(place: QRectF, mean: float) -> float:
    inner = place.width() - 2 * LARGEST_DOT_PX
    return place.left() + LARGEST_DOT_PX + inner * mean / MAX_TOTAL


def _y(place: QRectF, reach: int, difference: float) -> float:
    return place.center().y() - place.height() / 2 * difference / reach


def _decimal(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")

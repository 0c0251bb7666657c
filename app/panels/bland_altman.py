"""The Bland–Altman plot of the global score: difference against mean, with the limits of agreement."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.background.jobs import JobQueue
from app.charts.bland_altman_chart import AgreementLine, BlandAltmanContent, Dot
from app.charts.chart_widget import ChartWidget
from bsnet_core.agreement import BlandAltman, Estimate, bland_altman
from bsnet_core.language import translate as _


class BlandAltmanPlot(ChartWidget):
    """The plot as a widget. Equal pairs share a dot whose area shows their number; the description says it in words."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(queue, parent)
        self._limits: BlandAltman | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(_("Bland–Altman plot of the global score"))

    @property
    def limits(self) -> BlandAltman | None:
        """Mean difference and limits of agreement; None if there are no readings."""
        return self._limits

    def show_totals(self, predicted: Sequence[int], read: Sequence[int]) -> None:
        """Shows predicted and read global scores of the same images."""
        pairs = Counter(zip(predicted, read, strict=True))
        self._limits = bland_altman(list(predicted), list(read)) if pairs else None
        self.setAccessibleDescription(self._describe())
        self.setToolTip(self._describe())
        dots: Counter[tuple[float, int]] = Counter()
        for (mine, other), count in pairs.items():
            dots[(mine + other) / 2, mine - other] += count
        self.show_chart(
            self._content_of(dots, self._limits) if self._limits is not None else None,
            message=_("No reading can be compared with a prediction yet."),
        )

    def sizeHint(self) -> QSize:
        """A comfortable size."""
        return self.minimumSizeHint() * 1.4

    def minimumSizeHint(self) -> QSize:
        """Room for the labels beside the axes at any text size."""
        text = QFontInfo(self.font()).pixelSize()
        return QSize(25 * text, 18 * text)

    def _content_of(self, dots: Counter[tuple[float, int]], limits: BlandAltman) -> BlandAltmanContent:
        return BlandAltmanContent(
            dots=tuple(Dot(mean, difference, count) for (mean, difference), count in sorted(dots.items())),
            lines=tuple(
                AgreementLine(
                    label=_("{name} {value}").format(name=name, value=_decimal(estimate.value)),
                    value=estimate.value,
                    low=estimate.low,
                    high=estimate.high,
                    is_limit=estimate is not limits.mean_difference,
                )
                for name, estimate in self._named_levels(limits)
            ),
            mean_label=_("mean of both global scores"),
            difference_label=_("prediction minus reading"),
        )

    def _named_levels(self, limits: BlandAltman) -> tuple[tuple[str, Estimate], ...]:
        return (
            (_("+1.96 SD"), limits.upper_limit),
            (_("mean"), limits.mean_difference),
            (_("−1.96 SD"), limits.lower_limit),
        )

    def _describe(self) -> str:
        if self._limits is None:
            return ""
        lines = [_("Global score, prediction minus reading, {count} readings.").format(count=self._limits.count)]
        for name, estimate in self._named_levels(self._limits):
            if math.isfinite(estimate.low):
                lines.append(
                    _("{name}: {value} (95% confidence interval {low} to {high})").format(
                        name=name,
                        value=_decimal(estimate.value),
                        low=_decimal(estimate.low),
                        high=_decimal(estimate.high),
                    )
                )
        return "\n".join(lines)


def _decimal(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")

"""Agreement between readings and predictions over all images, per zone and as a whole."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.background.jobs import Job, JobQueue
from app.panels.bland_altman import BlandAltmanPlot
from app.session.reading_statistics import Counted, ReadingFilter, ReadingStatistics, statistics_of
from app.session.readings import ComparedReading, name_of_model, name_of_reader
from bsnet_core.agreement import Agreement, Estimate, confusion_matrix
from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count

NOTHING = "–"
AT_ONCE = 2000
"""Most readings evaluated on the GUI thread: ten thousand would block it for some 50 ms."""
WIDE = (1, 2, 5)
"""Columns of the table that need more room than the others."""


class StatisticsPanel(QWidget):
    """Filters, the table of agreement measures, the Bland–Altman plot and the confusion matrix.

    Up to `AT_ONCE` readings are evaluated at once, more of them in the background.
    """

    export_requested = Signal(object)
    """The compared readings shown, `tuple[ComparedReading, ...]`, to write as CSV."""
    counted = Signal()
    """The panel is up to date."""

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[ComparedReading, ...] = ()
        self._left_out = self._of_samples = 0
        self._figures = statistics_of((), ReadingFilter())
        self._queue = queue
        self._job: Job | None = None
        self.reader = self._chooser(_("Reader"))
        self.model = self._chooser(_("Model"))
        self.blind_only = QCheckBox(_("Blind readings only"), self)
        self.blind_only.setToolTip(_("Only readings saved before the prediction was visible"))
        self.which = self._chooser(_("Readings counted"))
        self.which.blockSignals(True)
        for words, counted in (
            (_("first blind reading"), Counted.FIRST_BLIND),
            (_("last reading"), Counted.LAST),
            (_("all readings"), Counted.ALL),
        ):
            self.which.addItem(words, counted)
        self.which.blockSignals(False)
        self.which.setToolTip(_("Of each reader and image: the first blind reading, the last reading, or all of them"))
        self.export = QPushButton(_("Export CSV…"), self)
        self.export.setToolTip(_("Save the readings shown here as a table, with the model's hash in every row"))
        self.export.clicked.connect(lambda: self.export_requested.emit(self._figures.chosen))
        self.blind_only.toggled.connect(lambda on: self._compute())
        self._summary = QLabel("", self)
        self._summary.setWordWrap(True)
        self._summary.setAccessibleName(_("Readings compared"))
        self.table = _table(self, _("Agreement between prediction and reading"))
        self.plot = BlandAltmanPlot(queue, self)
        self.zone = QComboBox(self)
        self.zone.setAccessibleName(_("Zone of the confusion matrix"))
        self.zone.setToolTip(_("Zone of the confusion matrix"))
        self.zone.addItem(_("all zones"), None)
        for zone in ZONES:
            self.zone.addItem(_("zone {zone}").format(zone=zone.name), zone)
        self.zone.currentIndexChanged.connect(lambda index: self._show_confusion())
        self.confusion = _table(self, _("Confusion matrix: rows read, columns predicted"))
        self._lay_out()
        self.show_readings(())

    @property
    def summary_text(self) -> str:
        """Numbers of readings and images, and the agreement between readers."""
        return self._summary.text()

    @property
    def shown(self) -> tuple[ComparedReading, ...]:
        """The readings that pass the filters."""
        return self._figures.chosen

    def show_readings(self, compared: Iterable[ComparedReading], left_out: int = 0, of_samples: int = 0) -> None:
        """Takes the readings of the library that may be shown; the chosen filters stay if they still apply.

        Args:
            compared: The readings.
            left_out: How many more there are, of images that the reader is to read blind first.
            of_samples: How many more there are, of the bundled samples.
        """
        self._all, self._left_out, self._of_samples = tuple(compared), left_out, of_samples
        readers = sorted({one.reading.reader for one in self._all})
        models = sorted({one.model.sha256: one.model for one in self._all}.values(), key=name_of_model)
        _offer(self.reader, _("all readers"), [(name_of_reader(reader), reader) for reader in readers])
        _offer(self.model, _("all models"), [(name_of_model(model), model.sha256) for model in models])
        self._compute()

    @property
    def is_counting(self) -> bool:
        """Whether the panel is not up to date yet."""
        return self._job is not None

    def _compute(self) -> None:
        chosen = ReadingFilter(
            reader=self.reader.currentData(),
            sha256=self.model.currentData(),
            blind_only=self.blind_only.isChecked(),
            counted=self.which.currentData(),
        )
        self.blind_only.setEnabled(chosen.counted is not Counted.FIRST_BLIND)  # that one is blind anyway
        if self._job is not None:
            self._job.cancel()  # the filter has changed since
            self._job = None
        compared = self._all
        if len(compared) <= AT_ONCE:
            self._show(statistics_of(compared, chosen))
            return
        self.export.setEnabled(False)
        self._summary.setText(_("Counting…"))
        job = self._job = Job(lambda report: statistics_of(compared, chosen), parent=self)
        job.succeeded.connect(self._show)
        job.failed.connect(self._show_failure)
        self._queue.submit(job)

    def _show(self, figures: ReadingStatistics) -> None:
        self._job = None
        self._figures = figures
        self.export.setEnabled(bool(figures.chosen))
        self._summary.setText(self._summarise(figures))
        self._show_table(figures)
        self._show_confusion()
        whole = figures.is_whole
        predicted, read = figures.predicted[whole], figures.read[whole]
        self.plot.show_totals(predicted.sum(axis=1).tolist(), read.sum(axis=1).tolist())
        self.counted.emit()

    def _show_failure(self, error: BSNetError) -> None:
        self._job = None
        self._summary.setText(str(error))

    def _summarise(self, figures: ReadingStatistics) -> str:
        if not figures.chosen:
            some = figures.all_count > 0
            nothing = (
                _("No reading matches these filters: choose which readings are counted, or save a blind reading.")
                if some
                else _("No reading can be compared with a prediction yet.")
            )
            return "  ".join([nothing, *self._hidden_ones()])
        images, readings, among = figures.images, len(figures.chosen), figures.among
        parts = [
            translate_count("{count} reading", "{count} readings", readings).format(count=readings)
            + " "
            + translate_count("of {count} image.", "of {count} images.", images).format(count=images)
        ]
        if among is not None:
            parts.append(
                _(
                    "Agreement between readers: Fleiss' kappa {kappa} ({readers} readers, {images} images read by all)."
                ).format(kappa=_decimal(among.kappa), readers=among.readers, images=among.images)
            )
        if figures.not_assessable:
            parts.append(
                translate_count(
                    "{count} zone was not assessable; the global row leaves its reading out.",
                    "{count} zones were not assessable; the global row leaves their readings out.",
                    figures.not_assessable,
                ).format(count=figures.not_assessable)
            )
        if figures.comments:
            parts.append(
                translate_count(
                    "{count} reading has a comment; the table (CSV) contains it.",
                    "{count} readings have a comment; the table (CSV) contains them.",
                    figures.comments,
                ).format(count=figures.comments)
            )
        if figures.models > 1:
            parts.append(_("Several models are evaluated together. Select one to see its figures separately."))
        return "  ".join([*parts, *self._hidden_ones()])

    def _hidden_ones(self) -> list[str]:
        hidden = translate_count(
            "Blind reading: {count} reading of an image that you have not read is left out.",
            "Blind reading: {count} readings of images that you have not read are left out.",
            self._left_out,
        )
        samples = translate_count(
            "{count} reading of the bundled samples does not count.",
            "{count} readings of the bundled samples do not count.",
            self._of_samples,
        )
        said = ((hidden, self._left_out), (samples, self._of_samples))
        return [text.format(count=count) for text, count in said if count]

    def _show_table(self, figures: ReadingStatistics) -> None:
        names = [*(_("zone {zone}").format(zone=zone.name) for zone in ZONES), _("all zones"), _("global")]
        found: list[Agreement | None] = [None] * len(names)
        table = figures.table
        if table is not None:
            found = [*(table.zones[zone] for zone in ZONES), table.all_zones, table.total]
        heads = (
            (_("readings"), _("Number of readings compared")),
            (_("MAE"), _("Mean absolute error with its 95% confidence interval")),
            (_("MEr"), _("Mean error, prediction minus reading, with its 95% confidence interval")),
            (_("SD"), _("Standard deviation of the absolute errors")),
            (_("CC"), _("Pearson's correlation coefficient")),
            (_("weighted κ"), _("Cohen's kappa with quadratic weights")),
            (
                _("accepted"),
                _("Within the accepted difference: ±0.5 for a zone or the mean of the zones, ±2 for the global score"),
            ),
        )
        _fill(self.table, names, heads, [_figures(agreement) for agreement in found])
        for column in WIDE:
            self.table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def _show_confusion(self) -> None:
        zone = self.zone.currentData()
        columns = slice(None) if not isinstance(zone, Zone) else [zone.value]
        read, predicted = self._figures.read[:, columns], self._figures.predicted[:, columns]
        read, predicted = read[read >= 0], predicted[read >= 0]
        counts = confusion_matrix(read, predicted) if len(read) else np.zeros((N_CLASSES, N_CLASSES), dtype=np.int64)
        heads = [(str(score), _("Predicted {score}").format(score=score)) for score in range(N_CLASSES)]
        names = [_("read {score}").format(score=score) for score in range(N_CLASSES)]
        _fill(self.confusion, names, heads, [[str(count) for count in row] for row in counts])
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        strong = self.palette().highlight().color()
        for row in range(N_CLASSES):
            for column in range(N_CLASSES):
                item = self.confusion.item(row, column)
                if item is None:
                    continue
                shade = QColor(strong)
                shade.setAlphaF(float(shares[row, column]) * 0.8)
                item.setBackground(shade)
                item.setToolTip(
                    _("Read {read}, predicted {predicted}: {count}, {share} of those read {read}").format(
                        read=row, predicted=column, count=counts[row, column], share=f"{shares[row, column]:.0%}"
                    )
                )

    def _chooser(self, name: str) -> QComboBox:
        chooser = QComboBox(self)
        chooser.setAccessibleName(name)
        chooser.setToolTip(name)
        chooser.setMinimumContentsLength(14)
        chooser.currentIndexChanged.connect(lambda index: self._compute())
        return chooser

    def _lay_out(self) -> None:
        filters = QHBoxLayout()
        filters.setSpacing(12)
        for widget in (self.reader, self.model, self.which, self.blind_only):
            filters.addWidget(widget)
        filters.addStretch(1)
        filters.addWidget(self.export)
        beside = QVBoxLayout()
        title = QHBoxLayout()
        title.addWidget(QLabel(_("Read (rows) and predicted (columns)"), self), 1)
        title.addWidget(self.zone)
        beside.addLayout(title)
        beside.addWidget(self.confusion)
        beside.addStretch(1)
        layout = QGridLayout(self)
        layout.setVerticalSpacing(10)
        layout.setHorizontalSpacing(18)
        layout.addLayout(filters, 0, 0, 1, 2)
        layout.addWidget(self._summary, 1, 0, 1, 2)
        layout.addWidget(self.table, 2, 0, 1, 2)
        layout.addWidget(self.plot, 3, 0)
        layout.addLayout(beside, 3, 1)
        layout.setColumnStretch(0, 3)
        layout.setColumnStretch(1, 2)
        layout.setRowStretch(3, 1)


def _offer(chooser: QComboBox, everything: str, choices: Sequence[tuple[str, str]]) -> None:
    chosen = chooser.currentData()
    chooser.blockSignals(True)
    chooser.clear()
    chooser.addItem(everything, None)
    for name, data in choices:
        chooser.addItem(name, data)
    chooser.setCurrentIndex(max(chooser.findData(chosen), 0) if chosen is not None else 0)
    chooser.blockSignals(False)


def _table(parent: QWidget, name: str) -> QTableWidget:
    table = QTableWidget(parent)
    table.setAccessibleName(name)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return table


def _fill(
    table: QTableWidget, names: Sequence[str], heads: Sequence[tuple[str, str]], texts: Sequence[Sequence[str]]
) -> None:
    """Fills a table with row names and column heads with tooltips, and fits its height."""
    table.setRowCount(len(names))
    table.setColumnCount(len(heads))
    table.setVerticalHeaderLabels(list(names))
    for column, (text, tip) in enumerate(heads):
        head = QTableWidgetItem(text)
        head.setToolTip(tip)
        table.setHorizontalHeaderItem(column, head)
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            item = QTableWidgetItem(text)
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            table.setItem(row, column, item)
    table.resizeRowsToContents()
    rows = sum(table.rowHeight(row) for row in range(table.rowCount()))
    table.setFixedHeight(table.horizontalHeader().sizeHint().height() + rows + 2)


def _figures(agreement: Agreement | None) -> list[str]:
    if agreement is None:
        return ["0", *[NOTHING] * 6]
    return [
        str(agreement.count),
        _with_interval(agreement.mean_absolute_error),
        _with_interval(agreement.mean_error, sign="+"),
        _decimal(agreement.absolute_error_sd),
        _decimal(agreement.correlation),
        _decimal(agreement.weighted_kappa),
        f"{agreement.accepted_share:.0%}",
    ]


def _with_interval(estimate: Estimate, sign: str = "") -> str:
    value = _decimal(estimate.value, sign)
    if not math.isfinite(estimate.low):
        return value
    return f"{value}  [{_decimal(estimate.low, sign)}, {_decimal(estimate.high, sign)}]"


def _decimal(value: float, sign: str = "") -> str:
    """A number with two decimals and a true minus sign; a dash for NaN."""
    return f"{value:{sign}.2f}".replace("-", "−") if math.isfinite(value) else NOTHING

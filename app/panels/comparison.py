"""Result sets of one image side by side: readers and models, any two of them compared zone by zone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.panels.zone_grid import ZoneGrid
from app.report.score_differences import describe_total_difference, describe_zone_difference, signed
from app.session.readings import ResultSet
from bsnet_core.agreement import MAX_TOTAL, compare_scores
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.language import translate as _
from bsnet_core.partial_score import entry_text, highest_total

MOST_ROWS = 6
"""Result sets shown without scrolling."""
STYLE = """
#difference { border: 1px solid rgba(128, 140, 150, 120); border-radius: 6px; padding: 4px 8px; }
#difference[differs="true"] { border: 2px solid palette(link); font-weight: 700; }
"""


class DifferenceCell(QLabel):
    """One zone: both scores, and their difference unless it is zero."""

    def __init__(self, zone: Zone, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._zone = zone
        self.setObjectName("difference")

    def show_scores(self, first: int | None, second: int | None) -> None:
        """Shows both scores; "≠" and a frame mark a difference. None: the zone was not assessable."""
        if first is None or second is None:
            self.setText(f"{self._zone.name}   {entry_text(first)}   {entry_text(second)}")
            self.setAccessibleName(_("Zone {zone}").format(zone=self._zone.name))
            self.setAccessibleDescription(_("not assessable"))
            self._mark(differs=False)
            return
        sign = "=" if first == second else "≠"
        text = f"{self._zone.name}   {first} {sign} {second}"
        self.setText(text if first == second else f"{text}   Δ {signed(second - first)}")
        self.setAccessibleName(_("Zone {zone}").format(zone=self._zone.name))
        self.setAccessibleDescription(
            _("{first} and {second}, difference {difference}").format(
                first=first, second=second, difference=signed(second - first)
            )
        )
        self._mark(differs=first != second)

    def _mark(self, *, differs: bool) -> None:
        self.setProperty("differs", "true" if differs else "false")
        self.style().unpolish(self)
        self.style().polish(self)

    def clear_scores(self) -> None:
        """Clears the texts, also for screen readers: hidden scores must not leak."""
        self.setText("")
        self.setAccessibleDescription("")


class SetsTable(QTableWidget):
    """All result sets of the image, one row each: zones A to F and the global score."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(ZONES) + 2, parent)
        self._head(0, _("Result"), _("Reader or model"))
        for zone in ZONES:
            side = _("patient's right") if zone.is_patient_right else _("patient's left")
            self._head(zone.value + 1, zone.name, _("Zone {zone}, {side}").format(zone=zone.name, side=side))
        self._head(len(ZONES) + 1, "Σ", _("Global score"))
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustToContents)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(_("Result sets of this image"))
        header = self.horizontalHeader()
        header.setMinimumSectionSize(16)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def _head(self, column: int, text: str, tip: str) -> None:
        item = QTableWidgetItem(text)
        item.setToolTip(tip)
        self.setHorizontalHeaderItem(column, item)

    def show_sets(self, sets: Sequence[ResultSet]) -> None:
        """Fills the table."""
        self.setRowCount(len(sets))
        for row, one in enumerate(sets):
            texts = (one.name, *(entry_text(one.score[zone]) for zone in ZONES), _total_of(one))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(f"{one.name}\n{one.detail}" if one.detail else one.name)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                self.setItem(row, column, item)
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Room for up to `MOST_ROWS` rows; more of them scroll."""
        rows = min(self.rowCount(), MOST_ROWS)
        height = self.horizontalHeader().sizeHint().height() + rows * self.verticalHeader().defaultSectionSize()
        return QSize(200, height + 2)

    def sizeHint(self) -> QSize:
        """The minimum: a taller table would push the rest down."""
        return self.minimumSizeHint()


class ComparisonPanel(QWidget):
    """The results of an image, the differences between two of them, and whether these are accepted."""

    disagreement_changed = Signal(object)
    """Differing zones with both scores, `dict[Zone, tuple[int, int]]`; empty unless they are to be marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStyleSheet(STYLE)
        self._sets: tuple[ResultSet, ...] = ()
        self._disagreement: dict[Zone, tuple[int, int]] = {}
        self._requested: dict[QComboBox, str] = {}
        self._empty = QLabel("", self)
        self._empty.setWordWrap(True)
        self._empty.setAccessibleName(_("Comparison"))
        self._filled = QWidget(self)
        self.table = SetsTable(self._filled)
        self.first = self._chooser(_("First result compared"))
        self.second = self._chooser(_("Second result compared"))
        self._cells = {zone: DifferenceCell(zone, self._filled) for zone in ZONES}
        self._zones_verdict = self._verdict(_("Zone difference"))
        self._total_verdict = self._verdict(_("Global difference"))
        self.mark = QCheckBox(_("Mark differing zones on the image"), self._filled)
        self.mark.setToolTip(_("Show both scores in the differing zones on the image"))
        self.mark.toggled.connect(self._mark_disagreement)
        inside = QVBoxLayout(self._filled)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self.table)
        inside.addLayout(self._choosers())
        self._grid = ZoneGrid(self._cells, self._filled)
        inside.addLayout(self._grid)
        inside.addWidget(self._zones_verdict)
        inside.addWidget(self._total_verdict)
        inside.addWidget(self.mark)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._empty)
        layout.addWidget(self._filled)
        layout.addStretch(1)
        self.show_nothing()

    @property
    def disagreement(self) -> dict[Zone, tuple[int, int]]:
        """Differing zones with both scores, as marked on the image now."""
        return dict(self._disagreement)

    @property
    def verdict_text(self) -> str:
        """Both lines about the accepted difference."""
        return f"{self._zones_verdict.text()}\n{self._total_verdict.text()}"

    @property
    def empty_text(self) -> str:
        """The reason why there is nothing to compare; empty if there is something."""
        return self._empty.text()

    def cell(self, zone: Zone) -> DifferenceCell:
        """The cell of a zone."""
        return self._cells[zone]

    def show_nothing(self) -> None:
        """Says that no image is open, so that there is nothing whose results could be compared."""
        self.show_sets(())
        self._empty.setText(_("No image is open."))

    def name_sides(self, patient_orientation: tuple[str, str] | None) -> None:
        """Names the patient's sides above the zones, as the image on the screen states them."""
        self._grid.name_sides(patient_orientation)

    def show_sets(self, sets: Sequence[ResultSet], *, hidden: bool = False) -> None:
        """Fills the panel; the chosen results stay chosen if the image has them.

        Args:
            sets: Result sets of the open image, from `app.session.readings.result_sets`.
            hidden: Whether the reader must not see them yet.
        """
        self._sets = () if hidden else tuple(sets)
        can_compare = len(self._sets) > 1
        if hidden:
            self._empty.setText(_("Hidden until you save your own score."))
        elif can_compare:
            self._empty.setText("")
        else:
            self._empty.setText(_("There is nothing to compare yet: this image has fewer than two results."))
        self._empty.setVisible(not can_compare)
        self._filled.setVisible(can_compare)
        self.table.show_sets(self._sets)
        for chooser, fallback in ((self.first, 0), (self.second, len(self._sets) - 1)):
            self._offer(chooser, fallback)
        self._compare()

    def _offer(self, chooser: QComboBox, fallback: int) -> None:
        requested = self._requested.get(chooser, "")
        chooser.blockSignals(True)
        chooser.clear()
        for one in self._sets:
            chooser.addItem(one.name)
            chooser.setItemData(chooser.count() - 1, one.detail, Qt.ItemDataRole.ToolTipRole)
        place = chooser.findText(requested) if requested else -1
        chooser.setCurrentIndex(place if place >= 0 else fallback)
        chooser.blockSignals(False)

    def _choose(self, chooser: QComboBox, name: str) -> None:
        self._requested[chooser] = name
        self._compare()

    def _compare(self) -> None:
        if len(self._sets) < 2:
            for cell in self._cells.values():
                cell.clear_scores()
            for verdict in (self._zones_verdict, self._total_verdict):
                verdict.setText("")
            self._mark_disagreement()
            return
        first, second = (self._sets[chooser.currentIndex()].score for chooser in (self.first, self.second))
        for zone, cell in self._cells.items():
            cell.show_scores(first[zone], second[zone])
        difference = compare_scores(second, first)
        if not difference.zones:
            self._zones_verdict.setText(_("No zone is assessed in both results."))
            self._total_verdict.setText("")
            self._mark_disagreement()
            return
        zones_sentence = describe_zone_difference(difference)
        total_sentence = describe_total_difference(difference, _("second minus first"))
        self._zones_verdict.setText(_verdict_line(zones_sentence, is_accepted=difference.zones_are_accepted))
        total_line = _verdict_line(total_sentence, is_accepted=difference.total_is_accepted)
        self._total_verdict.setText(total_line if difference.is_whole else total_sentence)
        self._mark_disagreement()

    def _mark_disagreement(self) -> None:
        marked: dict[Zone, tuple[int, int]] = {}
        if self.mark.isChecked() and len(self._sets) > 1:
            first, second = (self._sets[chooser.currentIndex()].score for chooser in (self.first, self.second))
            differing = compare_scores(second, first).differing
            both = {zone: (first[zone], second[zone]) for zone in differing}
            marked = {
                zone: (one, other) for zone, (one, other) in both.items() if one is not None and other is not None
            }
        if marked != self._disagreement:
            self._disagreement = marked
            self.disagreement_changed.emit(dict(marked))

    def _chooser(self, name: str) -> QComboBox:
        chooser = QComboBox(self._filled)
        chooser.setAccessibleName(name)
        chooser.setToolTip(name)
        chooser.setMinimumContentsLength(8)
        chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        chooser.currentTextChanged.connect(lambda name: self._choose(chooser, name))
        return chooser

    def _choosers(self) -> QGridLayout:
        """Both choosers, one below the other: side by side they would cut off model names."""
        choosers = QGridLayout()
        choosers.setVerticalSpacing(4)
        choosers.setColumnStretch(1, 1)
        for row, (word, chooser) in enumerate(((_("compare"), self.first), (_("with"), self.second))):
            choosers.addWidget(QLabel(word, self._filled), row, 0)
            choosers.addWidget(chooser, row, 1)
        return choosers

    def _verdict(self, name: str) -> QLabel:
        label = QLabel("", self._filled)
        label.setWordWrap(True)
        label.setAccessibleName(name)
        return label


def _total_of(one: ResultSet) -> str:
    """The global score; out of fewer zones, with the highest that it could be."""
    most = highest_total(one.score)
    return str(one.score.total) if most == MAX_TOTAL else f"{one.score.total}/{most}"


def _verdict_line(sentence: str, *, is_accepted: bool) -> str:
    return f"{'✓' if is_accepted else '✗'} {sentence}"

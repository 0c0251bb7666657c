"""The table of keys in the preferences: search, change, conflicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.commands.keys import Keys, native
from bsnet_core.language import translate as _

ACTION, KEY, DEFAULT = range(3)
N_COLUMNS = 3
PLACES = 2
"""Most keys that an action can have."""
Index = QModelIndex | QPersistentModelIndex


class KeyModel(QAbstractTableModel):
    """One row per action: its name, its current keys and its default keys."""

    def __init__(self, keys: Keys, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self.names = tuple(names)
        keys.changed.connect(self._refresh)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of actions."""
        return 0 if parent.isValid() else len(self.names)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Action, keys, default keys."""
        return 0 if parent.isValid() else N_COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles of the columns."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (_("Action"), _("Keys"), _("Default keys"))[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text of a cell; changed keys are marked in words."""
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        name = self.names[index.row()]
        if index.column() == ACTION:
            return self._keys.text_of(name)
        if index.column() == DEFAULT:
            return keys_text(self._keys.default_of(name))
        text = keys_text(self._keys.of(name))
        return _("{keys} (changed)").format(keys=text) if self._keys.is_changed(name) else text

    def _refresh(self, name: str) -> None:
        if name in self.names:
            row = self.names.index(name)
            self.dataChanged.emit(self.index(row, 0), self.index(row, N_COLUMNS - 1))


class KeyEditor(QWidget):
    """A searchable table, with the chosen action's keys below it. Every change takes effect at once."""

    def __init__(self, keys: Keys, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self._requested = ""
        self._requested_place = 0
        self._model = KeyModel(keys, names, self)
        self._filter = QSortFilterProxyModel(self)
        self._filter.setSourceModel(self._model)
        self._filter.setFilterKeyColumn(-1)
        self._filter.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._search = QLineEdit(self)
        self._search.setPlaceholderText(_("Search action or key"))
        self._search.setAccessibleName(_("Search actions and keys"))
        self._search.setToolTip(_("Show only actions with this text in their name or keys"))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._filter.setFilterFixedString)
        self._table = self._make_table()
        self._chosen = QLabel("", self)
        self._chosen.setProperty("role", "heading")
        self._edits = [self._make_edit(place) for place in range(PLACES)]
        self._objection = QLabel("", self)
        self._objection.setWordWrap(True)
        self._objection.setAccessibleName(_("Reason why this key cannot be used"))
        self._objection.setProperty("role", "warning")
        self._take_over = _button(_("Use it here instead"), _("Remove the key from the other action"), self)
        self._reset = _button(_("Reset this action"), _("Restore the default keys of this action"), self)
        self._reset_all = _button(_("Reset all keys"), _("Restore the default keys of all actions"), self)
        self._take_over.clicked.connect(self._use_here)
        self._reset.clicked.connect(self._reset_chosen)
        self._reset_all.clicked.connect(self._reset_every)
        self._lay_out()
        keys.changed.connect(lambda name: self._show_chosen() if name == self.chosen else None)
        self._table.selectionModel().currentRowChanged.connect(lambda current, previous: self._show_chosen())
        self._table.selectRow(0)

    @property
    def chosen(self) -> str:
        """The action whose keys are shown; empty if no action matches the search."""
        row = self._filter.mapToSource(self._table.currentIndex()).row()
        return self._model.names[row] if row >= 0 else ""

    @property
    def objection_text(self) -> str:
        """Reason why the last key pressed cannot be used; empty if it can."""
        return "" if self._objection.isHidden() else self._objection.text()

    @property
    def rows(self) -> list[str]:
        """Actions that match the search."""
        return [
            self._model.names[self._filter.mapToSource(self._filter.index(row, 0)).row()]
            for row in range(self._filter.rowCount())
        ]

    @property
    def search_line(self) -> QLineEdit:
        """The search field."""
        return self._search

    @property
    def edits(self) -> list[QKeySequenceEdit]:
        """The fields for the chosen action's first and second key."""
        return self._edits

    @property
    def take_over_button(self) -> QPushButton:
        """Takes the key over from the other action; shown only if that is possible."""
        return self._take_over

    @property
    def reset_buttons(self) -> tuple[QPushButton, QPushButton]:
        """The buttons that reset the chosen action, and all actions."""
        return self._reset, self._reset_all

    def choose(self, name: str) -> None:
        """Chooses an action."""
        row = self._filter.mapFromSource(self._model.index(self._model.names.index(name), 0)).row()
        self._table.selectRow(row)

    def _make_table(self) -> QTableView:
        table = QTableView(self)
        table.setModel(self._filter)
        table.setAccessibleName(_("Actions and their keys"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setHighlightSections(False)
        return table

    def _make_edit(self, place: int) -> QKeySequenceEdit:
        edit = QKeySequenceEdit(self)
        edit.setMaximumSequenceLength(1)
        edit.setClearButtonEnabled(True)
        edit.setAccessibleName((_("First key"), _("Second key"))[place])
        edit.setToolTip(_("Press the new key here"))
        edit.keySequenceChanged.connect(lambda sequence: self._change(place, sequence))
        return edit

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.addWidget(self._chosen, 0, 0, 1, 4)
        for place, edit in enumerate(self._edits):
            label = QLabel(edit.accessibleName(), self)
            label.setBuddy(edit)
            grid.addWidget(label, 1, 2 * place)
            grid.addWidget(edit, 1, 2 * place + 1)
            grid.setColumnStretch(2 * place + 1, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._reset)
        buttons.addWidget(self._reset_all)
        buttons.addStretch(1)
        objection = QHBoxLayout()
        objection.addWidget(self._objection, 1)
        objection.addWidget(self._take_over)
        layout = QVBoxLayout(self)
        layout.addWidget(self._search)
        layout.addWidget(self._table, 1)
        layout.addLayout(grid)
        layout.addLayout(objection)
        layout.addLayout(buttons)
        for widget in (self._objection, self._take_over):
            widget.hide()

    def _show_chosen(self) -> None:
        name = self.chosen
        self._chosen.setText(self._keys.text_of(name) if name else _("Choose an action above"))
        self._show_keys()
        self._reset.setEnabled(bool(name))
        self._object("", can_take=False)

    def _show_keys(self) -> None:
        """Fills the fields with the keys that the chosen action has."""
        name = self.chosen
        keys = self._keys.of(name) if name else ()
        for place, edit in enumerate(self._edits):
            edit.blockSignals(True)
            key = keys[place] if place < len(keys) else ""
            edit.setKeySequence(QKeySequence.fromString(key, QKeySequence.SequenceFormat.PortableText))
            edit.blockSignals(False)
            edit.setEnabled(bool(name))

    def _change(self, place: int, sequence: QKeySequence) -> None:
        name, key = self.chosen, sequence.toString(QKeySequence.SequenceFormat.PortableText)
        objection = self._keys.objection(name, key) if key else ""
        if objection:
            self._show_keys()  # the action still has its key, and the field says so
            self._requested, self._requested_place = key, place
            self._object(objection, can_take=self._keys.can_take_over(name, key))
            return
        keys = list(self._keys.of(name)[:PLACES]) + [""] * (PLACES - len(self._keys.of(name)))
        keys[place] = key
        self._keys.choose(name, [kept for kept in keys if kept])

    def _object(self, text: str, *, can_take: bool) -> None:
        self._objection.setText(text)
        self._objection.setVisible(bool(text))
        self._take_over.setVisible(can_take)

    def _use_here(self) -> None:
        self._keys.take_over(self.chosen, self._requested, self._requested_place)

    def _reset_chosen(self) -> None:
        self._keys.reset(self.chosen)

    def _reset_every(self) -> None:
        self._keys.reset_all()


def keys_text(keys: Sequence[str]) -> str:
    """Keys in the notation of this system."""
    return "   ".join(native(key) for key in keys) if keys else _("none")


def _button(text: str, tip: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button

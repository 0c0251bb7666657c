"""Scoring mode: the keys 0 to 3 score the current zone, so that six presses enter a whole score.

Outside the mode the digits choose window presets. The mode takes its keys in an event filter before Qt triggers
actions, so that a key may have both meanings.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QMenuBar,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

from app.session.open_image import OpenImage
from app.session.readings import IncompleteReadingError
from app.session.session import Session
from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.language import translate as _
from bsnet_core.partial_score import NOT_ASSESSABLE

OTHER_DIGITS = "45678"
USES_ARROWS = (QAbstractItemView, QAbstractSlider, QComboBox, QMenuBar, QTabBar)
USES_RETURN, USES_RETURN_WITHOUT_DRAFT = (QMenuBar,), (QAbstractItemView,)
"""Return opens a menu at any time, and an image of a list while there is nothing to save."""
NAVIGATION = ("score_next", "score_previous", "score_up", "score_down", "score_left", "score_right")
KEY_CONTEXT = "keyContext"
"""Property of an action: keys of "scoring" actions work in the mode only, those of "window" actions everywhere."""


class ScoringMode(QObject):
    """The zone that the next key scores, and the actions of the reader's own reading.

    Attributes:
        actions: By name. "scoring" switches the mode, "undo" and "redo" use the session's undo stack,
            "clear_reading" and "correct_reading" start over; the others work only in the mode. Their keys are
            defaults and may be changed.
    """

    switched = Signal(bool)
    zone_changed = Signal(object)
    """The current zone; None while the mode is off or there is nothing to score."""
    rejected = Signal(str)
    """The reason why a key did nothing, in a sentence."""
    already_read = Signal(object)
    """The reader's saved `Reading`, which a score was about to be entered beside: it can be corrected instead."""

    def __init__(
        self, session: Session, window: QWidget, ask_first: Callable[[Callable[[], None]], bool] = lambda go_on: False
    ) -> None:
        """Makes the mode, switched off.

        Args:
            session: Gets the scores.
            window: Only keys pressed in its widgets score.
            ask_first: Called before a reading is saved, with what saves it: whether something is asked first.
        """
        super().__init__(window)
        self._session = session
        self._window = window
        self._ask_first = ask_first
        self._zone = Zone.A
        self._announced: Zone | None = None
        self._known: dict[Zone, int] = {}
        self._is_entering = False
        self.actions = self._make_actions()
        session.current_changed.connect(self._start_image)
        session.emptied.connect(self._refresh)
        session.image_changed.connect(self._follow_image)
        session.draft_changed.connect(self._follow_draft)
        session.recalled.connect(self._follow_recall)
        session.reader_changed.connect(self._refresh)
        self._refresh()

    @property
    def is_on(self) -> bool:
        """Whether digits score."""
        return self.actions["scoring"].isChecked()

    @property
    def current_zone(self) -> Zone | None:
        """The zone that the next key scores; None while the mode is off or no image is loaded."""
        return self._zone if self.is_on and self._image is not None else None

    @property
    def hint(self) -> str:
        """The keys of the mode, in a text for people."""

        def keys(name: str) -> str:
            return self.actions[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

        return _("{scores} score · {other} not assessable · {back} takes back · {save} saves").format(
            other=keys("score_not_assessable"),
            scores=" ".join(keys(f"score_{score}") for score in range(N_CLASSES)),
            back=keys("score_back"),
            save=keys("save_reading"),
        )

    def switch(self, on: bool) -> None:
        """Turns the mode on or off."""
        self.actions["scoring"].setChecked(on)

    def choose(self, zone: Zone) -> None:
        """Makes a zone the current one."""
        self._zone = zone
        self._refresh()

    def choose_if_on(self, zone: Zone) -> None:
        """Makes a zone the current one while the mode is on."""
        if self.is_on:
            self.choose(zone)

    def enter(self, score: int) -> None:
        """Scores the current zone and goes to the next; where a reading is saved, emits `already_read` instead.

        Args:
            score: 0 to 3, or `NOT_ASSESSABLE`.
        """
        image = self._image
        if image is None:
            return
        saved = image.reading_of(self._session.reader)
        if saved is not None and not image.draft:
            self.already_read.emit(saved)
            return
        self._is_entering = True
        self._session.enter(image.key, self._zone, score)
        self._is_entering = False
        self.choose(ZONES[min(self._zone.value + 1, len(ZONES) - 1)])

    def go_back(self) -> None:
        """Takes back the score of the current zone, or of the zone before if the current one has none."""
        image = self._image
        if image is None:
            return
        if self._zone not in image.draft and self._zone is not ZONES[0]:
            self.choose(ZONES[self._zone.value - 1])
        self._session.enter(image.key, self._zone, None)

    def save(self) -> None:
        """Saves the current image's draft; emits `rejected` with the missing zones if it is incomplete."""
        image = self._session.current
        if image is None or not image.draft:
            return
        if not image.missing_zones and self._ask_first(self.save):
            return
        try:
            self._session.save_reading(image.key)
        except IncompleteReadingError as error:
            self.choose(image.missing_zones[0])
            self.rejected.emit(str(error))

    def clear(self) -> None:
        """Takes back all zones of the current image's draft."""
        if self._session.current is not None:
            self._session.clear_draft(self._session.current.key)

    def correct(self) -> None:
        """Starts a draft from the reader's saved reading of the current image, and turns the mode on."""
        if self._session.current is not None:
            self._session.correct(self._session.current.key)
            self.switch(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Takes the mode's keys before they trigger actions or reach a widget; installed only while the mode is on."""
        if event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        if watched.window() is not self._window:
            return False
        focus = QApplication.focusWidget() or watched
        if self._image is None or not self._may_take_from(focus):
            return False
        name = self._name_of(event)
        if name is None or not self._takes_key(name, focus):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif not event.isAutoRepeat():  # a key held down must not score zone after zone
            self._act(name)
        return True

    # What a key means

    def _may_take_from(self, focus: QWidget) -> bool:
        if QApplication.activePopupWidget() is not None or focus.window() is not self._window:
            return False
        return not _takes_text(focus)

    def _name_of(self, event: QKeyEvent) -> str | None:
        sequences = _sequences_of(event)
        for name in self._mode_names:
            if any(keys in sequences for keys in self.actions[name].shortcuts()):
                return name
        # A slip of the finger must not change the window that the image is scored in.
        if any(QKeySequence(digit) in sequences for digit in OTHER_DIGITS):
            return "other_digit"
        return None

    def _takes_key(self, name: str, focus: QWidget) -> bool:
        if name in NAVIGATION and isinstance(focus, USES_ARROWS):
            return False
        if name == "save_reading" and isinstance(focus, (*USES_RETURN, *USES_RETURN_WITHOUT_DRAFT)):
            return not isinstance(focus, USES_RETURN) and self.actions["save_reading"].isEnabled()
        # At either end Tab moves the focus as usual, so that the keyboard leads out of the zones.
        at_end = {"score_next": ZONES[-1], "score_previous": ZONES[0]}
        return at_end.get(name) is not self._zone

    def _act(self, name: str) -> None:
        if name == "other_digit":
            self.rejected.emit(_("A zone is scored 0, 1, 2 or 3, or 9 if it is not assessable."))
        else:
            self.actions[name].trigger()

    def _step(self, offset: int) -> None:
        number = self._zone.value + offset
        if 0 <= number < len(ZONES):
            self.choose(ZONES[number])

    def _move(self, rows: int, columns: int) -> None:
        row, column = self._zone.row + rows, self._zone.column + columns
        for zone in ZONES:
            if (zone.row, zone.column) == (row, column):
                self.choose(zone)
                return

    # Following the session

    @property
    def _image(self) -> OpenImage | None:
        """The current image, if it is loaded and zones can be entered."""
        image = self._session.current
        return image if image is not None and image.is_loaded and not image.is_read_only else None

    def _start_image(self, key: int) -> None:
        self._known = dict(self._session.image(key).draft)
        self._zone = self._first_missing()
        self._refresh()

    def _follow_image(self, key: int) -> None:
        if self._session.current is not None and self._session.current.key == key:
            self._refresh()

    def _follow_draft(self, key: int) -> None:
        image = self._session.current
        if image is None or image.key != key:
            return
        changed = [zone for zone in ZONES if self._known.get(zone) != image.draft.get(zone)]
        self._known = dict(image.draft)
        if changed and not self._is_entering:
            self._zone = changed[0] if len(changed) == 1 else self._first_missing()
        self._refresh()

    def _follow_recall(self, key: int) -> None:
        image = self._session.current
        if image is not None and image.key == key:
            self._known = dict(image.draft)
            if self._zone in self._known:
                self._zone = self._first_missing()
            self._refresh()

    def _first_missing(self) -> Zone:
        return next((zone for zone in ZONES if zone not in self._known), ZONES[0])

    def _refresh(self, *_unused: object) -> None:
        image, here = self._image, self.current_zone is not None
        for name in self._mode_names:
            self.actions[name].setEnabled(here)
        has_draft = image is not None and bool(image.draft)
        has_read = image is not None and image.reading_of(self._session.reader) is not None
        self.actions["save_reading"].setEnabled(here and has_draft)
        self.actions["clear_reading"].setEnabled(has_draft)
        self.actions["correct_reading"].setEnabled(has_read and not has_draft)
        if self.current_zone is not self._announced:
            self._announced = self.current_zone
            self.zone_changed.emit(self._announced)

    def _switch(self, on: bool) -> None:
        application = QApplication.instance()
        if application is not None:
            if on:
                application.installEventFilter(self)
            else:
                application.removeEventFilter(self)
        self._zone = self._first_missing()
        self._refresh()
        self.switched.emit(on)

    def _name_undo(self, step: str) -> None:
        self.actions["undo"].setText(_("&Undo {step}").format(step=step.replace("&", "&&")).strip())

    def _name_redo(self, step: str) -> None:
        self.actions["redo"].setText(_("&Redo {step}").format(step=step.replace("&", "&&")).strip())

    def _make_actions(self) -> dict[str, QAction]:
        always: dict[str, tuple[str, Callable[..., object]]] = {
            "scoring": ("S", self._switch),
            "clear_reading": ("Ctrl+Backspace", self.clear),
            "correct_reading": ("Shift+S", self.correct),
        }
        in_mode: dict[str, tuple[str, Callable[..., object]]] = {
            **{f"score_{score}": (str(score), self._scorer(score)) for score in range(N_CLASSES)},
            "score_not_assessable": ("9", self._scorer(NOT_ASSESSABLE)),
            "score_back": ("Backspace", self.go_back),
            "score_next": ("Tab", lambda: self._step(1)),
            "score_previous": ("Shift+Tab", lambda: self._step(-1)),
            "score_up": ("Up", lambda: self._move(-1, 0)),
            "score_down": ("Down", lambda: self._move(1, 0)),
            "score_left": ("Left", lambda: self._move(0, -1)),
            "score_right": ("Right", lambda: self._move(0, 1)),
            "save_reading": ("Return", self.save),
        }
        self._mode_names = tuple(in_mode)
        actions = {}
        for name, (keys, slot) in (always | in_mode).items():
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.setProperty(KEY_CONTEXT, "scoring" if name in in_mode else "window")
            if name == "scoring":
                action.setCheckable(True)
                action.toggled.connect(slot)
            else:
                action.triggered.connect(lambda checked=False, slot=slot: slot())
            actions[name] = action
        actions["save_reading"].setShortcuts([QKeySequence("Return"), QKeySequence("Enter")])
        for name in in_mode:
            # The event filter handles their keys; Qt would take Tab and the arrows from other widgets.
            actions[name].setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        stack = self._session.undo_stack
        for name, key, slot, can in (
            ("undo", QKeySequence.StandardKey.Undo, stack.undo, stack.canUndoChanged),
            ("redo", QKeySequence.StandardKey.Redo, stack.redo, stack.canRedoChanged),
        ):
            action = QAction(self)
            action.setShortcut(QKeySequence(key))
            action.setProperty(KEY_CONTEXT, "window")
            action.setEnabled(False)
            action.triggered.connect(slot)
            can.connect(action.setEnabled)
            actions[name] = action
        stack.undoTextChanged.connect(self._name_undo)
        stack.redoTextChanged.connect(self._name_redo)
        self.actions = actions
        self._name_undo(stack.undoText())
        self._name_redo(stack.redoText())
        return actions

    def _scorer(self, score: int) -> Callable[[], None]:
        return lambda: self.enter(score)


def _takes_text(widget: QWidget) -> bool:
    """Whether digits typed into a widget are text."""
    if isinstance(widget, (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)):
        return not widget.isReadOnly()
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QKeySequenceEdit) or isinstance(widget.parentWidget(), QKeySequenceEdit)


def _sequences_of(event: QKeyEvent) -> tuple[QKeySequence, ...]:
    """The key sequences that a key press matches; digits also match by text, as some keyboards need Shift for them."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    key = Qt.Key(event.key())
    if key == Qt.Key.Key_Backtab:
        key, modifiers = Qt.Key.Key_Tab, modifiers | Qt.KeyboardModifier.ShiftModifier
    pressed = QKeySequence(QKeyCombination(modifiers, key))
    text = event.text()
    if text.isascii() and text.isdigit() and not modifiers & ~Qt.KeyboardModifier.ShiftModifier:
        return (pressed, QKeySequence(text))
    return (pressed,)

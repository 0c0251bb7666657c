"""The look of the windows: palette and style sheet, both made from one small table of colours per theme.

Widgets choose their look by a dynamic property, never by a colour:

    label.setProperty("role", "muted")      muted, title, figure, heading, caution
    frame.setProperty("role", "card")       card, note, warning, error

so that every panel follows the theme and the size of the texts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from string import Template

from PySide6.QtCore import QChildEvent, QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from app.settings.settings import Settings, ThemeChoice
from bsnet_core.resources import resources_dir


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of a theme; each text colour has a contrast of at least 4.5 : 1 on every background it is used on.

    Attributes:
        window, base, raised: Backgrounds of panes, of lists and fields, of buttons and cards.
        line: Borders of panes and cards.
        control: Borders of boxes and fields that can be used.
        text, muted: Plain and secondary text on the three backgrounds.
        disabled: Text of what cannot be used at the moment.
        accent, on_accent: Background of what is selected, and text on it.
        link, caution: Links and cautions on the window.
        note, warning, error: Backgrounds of messages, each with its border (`_line`) and its text (`_text`).
    """

    window: str
    base: str
    raised: str
    line: str
    control: str
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    link: str
    caution: str
    note: str
    note_line: str
    note_text: str
    warning: str
    warning_line: str
    warning_text: str
    error: str
    error_line: str
    error_text: str


DARK = Colours(
    window="#1d2024", base="#181b1f", raised="#2a2f35", line="#444b53", control="#75808b",
    text="#dfe3e7", muted="#a3acb6", disabled="#767e87", accent="#2b617f", on_accent="#ffffff",
    link="#6cc4de", caution="#e0c070",
    note="#26323c", note_line="#3d5568", note_text="#dfe3e7",
    warning="#3a3222", warning_line="#a0883f", warning_text="#f0dfb6",
    error="#42262a", error_line="#97505a", error_text="#f6d7da",
)  # fmt: skip
LIGHT = Colours(
    window="#f2f3f5", base="#ffffff", raised="#e3e7eb", line="#b3bac2", control="#7c848d",
    text="#1c2127", muted="#515963", disabled="#8b929a", accent="#1f6487", on_accent="#ffffff",
    link="#0b5a80", caution="#754e00",
    note="#e2edf5", note_line="#98b9cd", note_text="#1c2127",
    warning="#fcf0d0", warning_line="#8f6d12", warning_text="#513c00",
    error="#fbe2e4", error_line="#c9828a", error_text="#6e1620",
)  # fmt: skip

STYLE = "fusion"
STYLED_AFTER_MS, PAINTED_AFTER_MS = 30, 10
"""Delays between painting the windows in other colours, styling each part of them, and painting the styled parts: the
window's thread handles other events in between."""
STYLE_SHEET = Template("""
QToolTip { color: $text; background: $raised; border: 1px solid $line; padding: 4px; }
QGroupBox { border: 0; margin-top: 18px; font-weight: 600; color: $muted; }
QGroupBox::title { subcontrol-origin: margin; left: 0; padding: 0; }
QToolBar { border: 0; border-bottom: 1px solid $line; spacing: 2px; padding: 3px 6px; background: $window; }
QToolBar::separator { background: $line; width: 1px; margin: 4px 5px; }
QToolBar QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 3px; }
QToolBar QToolButton#qt_toolbar_ext_button { padding: 0; border: 0; }
QToolBar QToolButton:hover { background: $raised; }
QToolBar QToolButton:checked { background: $accent; border-color: $accent; }
QMenuBar { background: $window; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QStatusBar { border-top: 1px solid $line; }
QStatusBar::item { border: 0; }
QListView, QTreeView, QTableView { outline: 0; border: 0; }
QListView::item { border-radius: 6px; padding: 3px; }
QListView::item:selected { background: $accent; color: $on_accent; }
QListView::item:hover:!selected { background: $raised; }
QHeaderView::section {
  background: $window; color: $muted; border: 0; border-bottom: 1px solid $line; padding: 4px 6px;
}
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QTabWidget::pane { border: 0; border-top: 1px solid $line; }
QTabBar::tab { padding: 6px 12px; border: 0; border-bottom: 2px solid transparent; color: $muted; }
QTabBar::tab:selected { color: $text; border-bottom-color: $link; }
QTabBar::tab:hover:!selected, QTabBar::tab:focus { background: $raised; }
QLineEdit, QPlainTextEdit { border: 1px solid $control; border-radius: 4px; padding: 3px 5px; background: $base; }
QPlainTextEdit { padding: 1px; }
QLineEdit:focus, QPlainTextEdit:focus { border-color: $link; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: 0; padding: 0; background: transparent; }
QCheckBox::indicator { border: 1px solid $control; border-radius: 3px; background: $base; }
QCheckBox::indicator { width: ${px14}px; height: ${px14}px; }
QCheckBox::indicator:checked { background: $accent; image: url($icons/check.svg); }
QCheckBox::indicator:disabled { border-color: $line; }
QCheckBox:focus { color: $link; }
QTextBrowser { border: 0; padding: 8px; }
#zoneCell, QFrame[role="card"] { background: $raised; border: 1px solid $line; border-radius: 6px; }
#zoneCell[unsure="true"], QFrame[unsure="true"] { border: 2px dashed $warning_line; }
#zoneScore, QLabel[role="figure"] { font-size: ${px26}px; font-weight: 700; }
#total, QLabel[role="title"] { font-size: ${px22}px; font-weight: 700; }
#zoneName, #small, QLabel[role="muted"] { color: $muted; }
#side, QLabel[role="heading"] { color: $text; font-weight: 600; }
#disclaimer, QLabel[role="caution"] { color: $caution; font-weight: 600; padding: 0 6px; }
#qualityNotes, QLabel[role="warning"] {
  background: $warning; border: 1px solid $warning_line; border-radius: 6px; padding: 8px; color: $warning_text;
}
#messageBar, QFrame[role="note"] { border-radius: 6px; background: $note; border: 1px solid $note_line; }
#messageBar[severity="warning"], QFrame[role="warning"] { background: $warning; border-color: $warning_line; }
#messageBar[severity="error"], QFrame[role="error"] { background: $error; border-color: $error_line; }
#messageBar QLabel, QFrame[role="note"] QLabel { color: $note_text; }
#messageBar[severity="warning"] QLabel, QFrame[role="warning"] QLabel { color: $warning_text; }
#messageBar[severity="error"] QLabel, QFrame[role="error"] QLabel { color: $error_text; }
""")
"""`${pxN}` is a text size of N pixels at 100%."""


class Appearance(QObject):
    """Applies theme and text size to the program, and again whenever the settings or the system's colours change.

    Each part of a window has the style sheet set on itself. If it were set on the application, Qt would restyle every
    widget once for each widget that contains it, which takes three times as long.
    """

    changed = Signal(object)
    """The new `Colours`."""

    def __init__(self, application: QApplication, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._application = application
        self._settings = settings
        self.colours = DARK
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(STYLED_AFTER_MS)
        self._due.timeout.connect(self._begin_styling)
        self._next_due = QTimer(self)
        self._next_due.setSingleShot(True)
        self._next_due.setInterval(2 * PAINTED_AFTER_MS)
        self._next_due.timeout.connect(self._style_next)
        self._styled_parts: list[_StyledPart] = []
        self._parts_to_style: deque[_StyledPart] = deque()
        settings.changed.connect(self._follow_setting)
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        if application.style().name() != STYLE:
            application.setStyle(STYLE)
        self.apply()

    @property
    def style_sheet(self) -> str:
        """The style sheet of the current theme and text size."""
        return style_sheet_of(self.colours, self._settings.font_percent)

    def style(self, window: QWidget, *parts: QWidget) -> None:
        """Sets the style sheet on a window now and after each change.

        Args:
            window: The window; without `parts`, it is styled as a whole, with its dialogs.
            parts: Widgets directly in the window that are styled one by one instead, so that the window stays
                responsive. Its dialogs are styled from when they are first shown.
        """
        for part in parts or (window,):
            part.setStyleSheet(self.style_sheet)
            self._styled_parts.append(_StyledPart(part))
        if parts:
            _DialogsOf(window, self.style)

    def _begin_styling(self) -> None:
        self._styled_parts = [
            part for part in self._styled_parts if isValid(part)
        ]  # the others were deleted with their windows
        self._parts_to_style = deque(self._styled_parts)
        self._style_next()

    def _style_next(self) -> None:
        sheet = self.style_sheet
        while self._parts_to_style:
            part = self._parts_to_style.popleft()
            if isValid(part) and part.set_sheet(sheet):
                self._next_due.start()
                return

    @cached_property
    def _system_font(self) -> QFont:
        """The system's font by its own name: an alias, as "Sans Serif", is another font once a report's are loaded."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setFamily(QFontInfo(font).family())
        return font

    def apply(self) -> None:
        """Sets palette and text size of the program at once, and the style sheet of its windows a moment later."""
        self.colours = colours_of(self._settings.theme, self._application.styleHints().colorScheme())
        self._application.setPalette(palette_of(self.colours))
        font = QFont(self._system_font)
        percent = self._settings.font_percent
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * percent / 100)
        else:
            font.setPixelSize(round(font.pixelSize() * percent / 100))
        # A font lays out every widget again, so it is set only if it differs.
        if font != self._application.font():
            self._application.setFont(font)
        self._due.start()
        self.changed.emit(self.colours)

    def _follow_setting(self, name: str) -> None:
        if name in ("theme", "font_percent"):
            self.apply()

    def _follow_system(self) -> None:
        if self._settings.theme is ThemeChoice.SYSTEM:
            self.apply()


class _StyledPart(QObject):
    """The style sheet of a part of a window, for as long as the part lives.

    A hidden window gets a new style sheet only when it is shown.
    """

    def __init__(self, part: QWidget) -> None:
        super().__init__(part)
        self._part = part
        self._pending: str | None = None
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(PAINTED_AFTER_MS)
        self._due.timeout.connect(lambda: part.setUpdatesEnabled(True))
        if part.isWindow():
            part.installEventFilter(self)

    def set_sheet(self, sheet: str) -> bool:
        """Styles the part and paints it a moment later; whether it was visible, so that there was work to do."""
        if self._part.isWindow() and not self._is_visible:
            self._pending = sheet
            return False
        self._part.setUpdatesEnabled(False)
        self._part.setStyleSheet(sheet)
        self._due.start()
        return True

    @property
    def _is_visible(self) -> bool:
        """Whether the window, or a dialog that shares its style sheet, is on the screen."""
        directly = Qt.FindChildOption.FindDirectChildrenOnly
        windows = [child for child in self._part.findChildren(QWidget, options=directly) if child.isWindow()]
        return any(window.isVisible() for window in (self._part, *windows))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sets a style sheet that was waiting for the window to be shown."""
        if event.type() == QEvent.Type.Show and self._pending is not None:
            sheet, self._pending = self._pending, None
            self._part.setStyleSheet(sheet)
        return False


class _DialogsOf(QObject):
    """Styles the dialogs of a window, each when it is first shown."""

    def __init__(self, window: QWidget, style: Callable[[QWidget], None]) -> None:
        super().__init__(window)
        self._style = style
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Styles a dialog that is about to be shown."""
        if event.type() == QEvent.Type.ChildPolished and isinstance(event, QChildEvent):
            child = event.child()
            if isinstance(child, QWidget) and child.isWindow():
                self._style(child)
        return False


def colours_of(choice: ThemeChoice, system: Qt.ColorScheme) -> Colours:
    """The colours of a choice; dark if the system has no preference."""
    if choice is ThemeChoice.SYSTEM:
        return LIGHT if system == Qt.ColorScheme.Light else DARK
    return LIGHT if choice is ThemeChoice.LIGHT else DARK


def palette_of(colours: Colours) -> QPalette:
    """Qt's palette of a theme."""
    palette = QPalette()
    roles, groups = QPalette.ColorRole, QPalette.ColorGroup
    for role, colour in {
        roles.Window: colours.window,
        roles.WindowText: colours.text,
        roles.Base: colours.base,
        roles.AlternateBase: colours.window,
        roles.Text: colours.text,
        roles.Button: colours.raised,
        roles.ButtonText: colours.text,
        roles.BrightText: colours.on_accent,
        roles.ToolTipBase: colours.raised,
        roles.ToolTipText: colours.text,
        roles.PlaceholderText: colours.muted,
        roles.Highlight: colours.accent,
        roles.HighlightedText: colours.on_accent,
        roles.Link: colours.link,
        roles.LinkVisited: colours.link,
        roles.Accent: colours.accent,
    }.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.Text, roles.ButtonText, roles.WindowText):
        palette.setColor(groups.Disabled, role, QColor(colours.disabled))
    palette.setColor(groups.Disabled, roles.Highlight, QColor(colours.line))
    return palette


def style_sheet_of(colours: Colours, font_percent: int = 100) -> str:
    """The style sheet of a theme, its text sizes scaled."""
    sizes = {
        name: str(round(int(name.removeprefix("px")) * font_percent / 100))
        for name in re.findall(r"px\d+", STYLE_SHEET.template)
    }
    names = Colours.__dataclass_fields__
    icons = (resources_dir() / "icons").as_posix()
    return STYLE_SHEET.substitute({name: getattr(colours, name) for name in names}, icons=icons, **sizes)


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Sets a dynamic property that the style sheet uses, and applies the style sheet to the widget again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def room_for(widget: QWidget, letters: int, lines: int) -> QSize:
    """The size of `letters` × `lines` of text in the widget's font, limited to its screen."""
    metrics = widget.fontMetrics()
    requested = QSize(letters * metrics.horizontalAdvance("0"), lines * metrics.lineSpacing())
    return requested.boundedTo(widget.screen().availableSize())


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21.

    Source: WCAG 2.1, relative luminance and contrast ratio.
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""The whole window for people who see little or use no mouse."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QComboBox, QLabel, QTabBar, QWidget

from bsnet_core.resources import sample_files


@pytest.fixture
def viewer(qtbot, open_viewer, no_model):
    made = open_viewer("--model", no_model, sample_files()[4])
    qtbot.waitUntil(lambda: made.view.radiograph is not None)
    qtbot.waitUntil(lambda: not made.inference.is_busy)
    return made


def open_every_window(qtbot, viewer):
    for name in ("tags", "help", "preferences"):
        viewer.actions_by_name[name].trigger()
    qtbot.waitUntil(lambda: len(viewer.help.titles) > 1)
    return [viewer, viewer.tags, viewer.help, viewer.preferences]


def takes_the_focus(widget):
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled()


def controls_of(window):
    """What Tab can reach, also on pages that are not shown now."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.window() is window and takes_the_focus(widget) and not is_inside_another(widget)
    ]


def is_inside_another(widget):
    # The line inside a spin box or a key field speaks with the voice of what it lies in.
    return widget.objectName().startswith("qt_") or (
        widget.focusProxy() is not None and widget.focusProxy() is not widget
    )


def name_of(widget):
    speaker = QAccessible.queryAccessibleInterface(widget)
    return speaker.text(QAccessible.Text.Name) if speaker is not None else ""


def test_every_control_has_a_name(qtbot, viewer):
    for window in open_every_window(qtbot, viewer):
        controls = controls_of(window)
        assert controls, window
        nameless = [
            control for control in controls if not name_of(control).strip() and not isinstance(control, QTabBar)
        ]
        assert nameless == [], window.windowTitle()


def test_every_button_slider_and_selector_says_what_it_does(qtbot, viewer):
    for window in open_every_window(qtbot, viewer):
        labelled = {label.buddy() for label in window.findChildren(QLabel) if label.buddy() is not None}
        for control in controls_of(window):
            if isinstance(control, QAbstractButton | QAbstractSlider | QComboBox):
                assert control.toolTip() or control in labelled, (window.windowTitle(), control, name_of(control))


def test_every_action_has_a_text_a_tooltip_and_a_hint(viewer):
    for name, action in viewer.actions_by_name.items():
        assert action.text().replace("&", "").strip(), name
        assert action.toolTip(), name
        assert action.statusTip(), name


@pytest.mark.parametrize("backwards", [False, True])
def test_tab_goes_through_every_control_and_comes_back(qtbot, viewer, backwards):
    reachable = {widget for widget in controls_of(viewer) if widget.isVisible()}
    start = viewer.view
    start.setFocus()
    seen = {start}
    key = Qt.Key.Key_Backtab if backwards else Qt.Key.Key_Tab
    for _ in range(3 * len(reachable)):
        qtbot.keyClick(QApplication.focusWidget(), key)
        if QApplication.focusWidget() is start:
            break
        seen.add(QApplication.focusWidget())
    assert QApplication.focusWidget() is start
    assert reachable - seen == set()


def test_no_label_is_cut_off_in_a_small_window_with_texts_half_as_large_again(qtbot, viewer):
    viewer._settings.font_percent = 150
    viewer.resize(1024, 700)

    def cut_off():
        labels = [label for label in viewer.findChildren(QLabel) if label.isVisible() and label.pixmap().isNull()]
        whole = {label: label.fontMetrics().horizontalAdvance(label.text()) for label in labels if not label.wordWrap()}
        return [label.text() for label, width in whole.items() if label.text() and label.width() < width]

    # The parts are styled one after the other, and laid out anew.
    qtbot.waitUntil(lambda: "font-size: 39px" in viewer.status_line.styleSheet(), timeout=20_000)
    qtbot.waitUntil(lambda: cut_off() == [], timeout=20_000)
    viewer._settings.font_percent = 100

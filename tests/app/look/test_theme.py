import dataclasses
import itertools
import re

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QWidget

from app.look.theme import DARK, LIGHT, Appearance, Colours, colours_of, contrast, palette_of, set_look, style_sheet_of
from app.settings.settings import ThemeChoice

THEMES = {"dark": DARK, "light": LIGHT}
READABLE = 4.5
"""WCAG 2.1, success criterion 1.4.3."""
GRAPHICAL = 3.0
"""WCAG 2.1, success criterion 1.4.11."""


def text_on_background(colours):
    pairs = list(itertools.product(("text", "muted"), ("window", "base", "raised")))
    pairs += [("link", "window"), ("link", "base"), ("caution", "window"), ("caution", "base"), ("on_accent", "accent")]
    pairs += [(f"{kind}_text", kind) for kind in ("note", "warning", "error")]
    return [(text, back, contrast(getattr(colours, text), getattr(colours, back))) for text, back in pairs]


def test_contrast_is_that_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#123456", "#123456") == 1.0


@pytest.mark.parametrize("name", THEMES)
def test_every_text_stands_out_from_its_background(name):
    assert [pair for pair in text_on_background(THEMES[name]) if pair[2] < READABLE] == []


@pytest.mark.parametrize("name", THEMES)
def test_borders_that_mean_something_stand_out(name):
    colours = THEMES[name]
    assert contrast(colours.warning_line, colours.raised) >= GRAPHICAL
    assert contrast(colours.control, colours.window) >= GRAPHICAL
    assert contrast(colours.control, colours.base) >= GRAPHICAL
    assert contrast(colours.on_accent, colours.accent) >= GRAPHICAL


def test_a_ticked_box_shows_a_tick(qapp, qtbot, settings):
    appearance = Appearance(qapp, settings)
    box = QCheckBox("")
    qtbot.addWidget(box)
    appearance.style(box)
    box.setChecked(True)
    box.show()
    image = box.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert {appearance.colours.accent, appearance.colours.on_accent} <= colours


@pytest.mark.parametrize("name", THEMES)
def test_every_colour_of_the_style_sheet_comes_from_the_table(name):
    sheet = style_sheet_of(THEMES[name])
    assert "$" not in sheet
    assert set(re.findall(r"#[0-9a-f]{6}\b", sheet)) <= set(dataclasses.astuple(THEMES[name]))


@pytest.mark.parametrize("name", THEMES)
def test_the_palette_reads_well_too(name):
    palette, role = palette_of(THEMES[name]), QPalette.ColorRole
    for text, back in (
        (role.Text, role.Base), (role.Text, role.AlternateBase), (role.WindowText, role.Window),
        (role.ButtonText, role.Button), (role.HighlightedText, role.Highlight), (role.ToolTipText, role.ToolTipBase),
        (role.PlaceholderText, role.Base), (role.Link, role.Base),
    ):  # fmt: skip
        assert contrast(palette.color(text).name(), palette.color(back).name()) >= READABLE, (text, back)


def test_both_themes_fill_the_same_table():
    for colours in THEMES.values():
        for field in dataclasses.fields(Colours):
            assert re.fullmatch(r"#[0-9a-f]{6}", getattr(colours, field.name)), field.name


def test_the_system_decides_only_where_it_was_asked_to():
    light, dark, unknown = Qt.ColorScheme.Light, Qt.ColorScheme.Dark, Qt.ColorScheme.Unknown
    assert colours_of(ThemeChoice.SYSTEM, light) is LIGHT
    assert colours_of(ThemeChoice.SYSTEM, dark) is DARK
    assert colours_of(ThemeChoice.SYSTEM, unknown) is DARK
    assert colours_of(ThemeChoice.DARK, light) is DARK
    assert colours_of(ThemeChoice.LIGHT, dark) is LIGHT


def test_a_change_of_theme_holds_at_once(qapp, qtbot, settings):
    appearance = Appearance(qapp, settings)
    assert qapp.palette().window().color().name() == DARK.window
    with qtbot.waitSignal(appearance.changed) as told:
        settings.theme = ThemeChoice.LIGHT
    assert told.args == [LIGHT]
    assert qapp.palette().window().color().name() == LIGHT.window
    settings.theme = ThemeChoice.DARK


def test_texts_grow_with_the_setting_and_shrink_back(qapp, qtbot, settings):
    appearance = Appearance(qapp, settings)
    window = QLabel("text")
    qtbot.addWidget(window)
    appearance.style(window)
    window.show()
    plain = qapp.font().pointSizeF()
    settings.font_percent = 150
    assert qapp.font().pointSizeF() == pytest.approx(1.5 * plain)
    qtbot.waitUntil(lambda: "font-size: 39px" in window.styleSheet())
    settings.font_percent = 100
    assert qapp.font().pointSizeF() == pytest.approx(plain)
    qtbot.waitUntil(lambda: "font-size: 26px" in window.styleSheet())
    assert appearance.colours is DARK


def test_a_label_takes_the_look_it_asks_for(qapp, qtbot, settings):
    appearance = Appearance(qapp, settings)
    label = QLabel("text")
    qtbot.addWidget(label)
    appearance.style(label)
    label.show()
    set_look(label, "role", "muted")
    assert label.palette().windowText().color().name() == DARK.muted
    settings.theme = ThemeChoice.LIGHT
    qtbot.waitUntil(lambda: label.palette().windowText().color().name() == LIGHT.muted)
    qtbot.waitUntil(lambda: label.grab().toImage().pixelColor(0, 0).name() == LIGHT.window)
    qtbot.waitUntil(label.updatesEnabled)
    settings.theme = ThemeChoice.DARK
    assert appearance.colours is DARK


def test_a_dialog_of_a_dressed_window_follows_it_and_a_closed_window_is_forgotten(qapp, qtbot, settings):
    appearance = Appearance(qapp, settings)
    window = QWidget()
    qtbot.addWidget(window)
    appearance.style(window)
    gone = QWidget()
    appearance.style(gone)
    gone.deleteLater()
    QCoreApplication.sendPostedEvents(gone, QEvent.Type.DeferredDelete)
    dialog = QDialog(window)
    label = QLabel("text", dialog)
    label.setProperty("role", "caution")
    dialog.show()
    assert label.palette().windowText().color().name() == DARK.caution
    settings.theme = ThemeChoice.LIGHT
    qtbot.waitUntil(lambda: label.palette().windowText().color().name() == LIGHT.caution)
    settings.theme = ThemeChoice.DARK


def test_parts_of_a_window_change_one_by_one_and_dialogs_that_are_not_seen_when_they_are(qapp, qtbot, settings):
    appearance = Appearance(qapp, settings)
    window = QWidget()
    qtbot.addWidget(window)
    parts = [QLabel(text, window) for text in ("left", "right")]
    for part in parts:
        part.setProperty("role", "caution")
    appearance.style(window, *parts)
    window.show()
    dialog = QDialog(window)
    label = QLabel("text", dialog)
    label.setProperty("role", "caution")
    dialog.show()
    told = [part.palette().windowText().color().name() for part in (*parts, label)]
    assert told == [DARK.caution] * 3
    dialog.hide()
    settings.theme = ThemeChoice.LIGHT
    qtbot.waitUntil(lambda: all(part.palette().windowText().color().name() == LIGHT.caution for part in parts))
    qtbot.waitUntil(lambda: all(part.updatesEnabled() for part in parts) and not appearance._parts_to_style)
    assert label.palette().windowText().color().name() == DARK.caution
    dialog.show()
    assert label.palette().windowText().color().name() == LIGHT.caution
    settings.theme = ThemeChoice.DARK

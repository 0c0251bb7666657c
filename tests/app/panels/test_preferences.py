import pytest
from PySide6.QtCore import Qt

from app.canvas.modes import CornerTexts, CurrentSide, WindowDrag
from app.panels.preferences import PreferencesDialog, language_name
from app.report.paper import Paper
from app.settings.settings import Device, Settings, ThemeChoice
from bsnet_core.explanation import Masking, Mode
from bsnet_core.language import languages

CHOICES = {
    "theme": ThemeChoice.LIGHT,
    "window_drag": WindowDrag.IHE_BIR,
    "corner_texts": CornerTexts.NONE,
    "current_side": CurrentSide.RIGHT,
    "explanation_mode": Mode.EXACT,
    "explanation_masking": Masking.LUNGS_HELD,
    "device": Device.CPU,
    "paper": Paper.LETTER,
}


@pytest.fixture
def dialog(qtbot, settings, keys):
    made = PreferencesDialog(settings, keys, keys.names)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_holds_at_once_and_outlives_a_restart(dialog, settings, tmp_path, name):
    box = dialog.control(name)
    assert {box.itemData(row) for row in range(box.count())} == {kind.value for kind in type(CHOICES[name])}
    box.setCurrentIndex(box.findData(CHOICES[name].value))
    assert getattr(settings, name) is CHOICES[name]
    settings.save()
    assert getattr(Settings(tmp_path / "settings.ini"), name) is CHOICES[name]


@pytest.mark.parametrize("name", ["blind", "keeps_names", "deidentifies", "gsdf"])
def test_a_switch_holds_at_once_and_follows_when_something_else_turns_it(dialog, settings, name):
    before = getattr(settings, name)
    dialog.control(name).click()
    assert getattr(settings, name) is not before
    setattr(settings, name, before)
    assert dialog.control(name).isChecked() is before


def test_the_reader_s_name_is_typed_and_kept_without_blanks_around(qtbot, dialog, settings):
    dialog.pages.setCurrentIndex(1)
    qtbot.keyClicks(dialog.control("reader"), " Dr. Rossi ")
    assert settings.reader == ""  # half a name would be another reader, who may see other predictions
    qtbot.keyClick(dialog.control("reader"), Qt.Key.Key_Return)
    assert settings.reader == "Dr. Rossi"
    assert dialog.control("reader").text() == " Dr. Rossi "


def test_the_size_of_texts_stays_within_its_limits(dialog, settings):
    box = dialog.control("font_percent")
    box.setValue(150)
    assert settings.font_percent == 150
    box.setValue(1000)
    assert settings.font_percent == 200
    box.setValue(1)
    assert settings.font_percent == 100


@pytest.mark.parametrize("name", ["screen_minimum", "screen_maximum", "screen_ambient"])
def test_the_screen_s_luminance_is_stated_within_what_there_are_greys_for(dialog, settings, name):
    box = dialog.control(name)
    box.setValue(box.minimum() + box.singleStep())
    assert getattr(settings, name) == pytest.approx(box.minimum() + box.singleStep())
    box.setValue(1e6)
    assert getattr(settings, name) == box.maximum()


def test_every_language_there_is_can_be_chosen_in_its_own_words(dialog, settings):
    box = dialog.control("language")
    assert [box.itemData(row) for row in range(box.count())] == list(languages())
    assert box.itemText(0) == "English"
    assert language_name("it") == "Italiano"
    assert language_name("de") == "Deutsch"


def test_the_dialog_leaves_the_window_behind_usable(dialog):
    assert not dialog.isModal()

import stat
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from app.canvas.modes import CornerTexts, CurrentSide, WindowDrag
from app.canvas.overlays.map_scale import MapColours
from app.library.order import ListOrder
from app.report.paper import Paper
from app.settings.paths import config_dir, log_dir
from app.settings.settings import (
    SCREEN_AMBIENT,
    SCREEN_MAXIMUM,
    SCREEN_MINIMUM,
    Device,
    Setting,
    Settings,
    ThemeChoice,
)
from bsnet_core.explanation import Masking, Mode
from bsnet_core.gsdf import Screen

OTHERS = {
    "theme": ThemeChoice.LIGHT,
    "language": "it",
    "font_percent": 130,
    "reader": "Dr. Müller, A.",
    "has_asked_for_reader": True,
    "has_started": True,
    "blind": True,
    "window_drag": WindowDrag.IHE_BIR,
    "corner_texts": CornerTexts.MINIMAL,
    "current_side": CurrentSide.RIGHT,
    "compares_four": True,
    "gsdf": True,
    "screen_minimum": 0.55,
    "screen_maximum": 450.0,
    "screen_ambient": 0.0,
    "keeps_names": False,
    "library_order": ListOrder.NAME,
    "analyses_all": False,
    "left_folded": True,
    "right_folded": True,
    "explains": False,
    "explanation_mode": Mode.EXACT,
    "explanation_masking": Masking.BLACK,
    "explanation_colours": MapColours.CLASSES,
    "device": Device.CPU,
    "paper": Paper.LETTER,
    "deidentifies": False,
    "has_seen_intended_use": True,
    "geometry": QByteArray(b"\x01\x02"),
    "pane_widths": (200, 900, 400),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.ini"


def test_the_table_of_this_test_has_every_setting():
    assert set(OTHERS) == {name for name, kind in vars(Settings).items() if isinstance(kind, Setting)}


@pytest.mark.parametrize("name", OTHERS)
def test_a_setting_is_kept_with_its_type_and_followers_hear_of_it_once(qtbot, path, name):
    settings = Settings(path)
    assert getattr(settings, name) != OTHERS[name]
    heard = []
    settings.changed.connect(heard.append)
    setattr(settings, name, OTHERS[name])
    setattr(settings, name, OTHERS[name])
    assert heard.count(name) == 1
    settings.save()
    again = Settings(path)
    assert getattr(again, name) == OTHERS[name]
    assert type(getattr(again, name)) is type(OTHERS[name])
    assert again.notes == ()


def test_overlay_switches_and_opacities_are_kept_each_for_itself(path):
    settings = Settings(path)
    settings.set_overlay_shown("lungs", False)
    settings.set_overlay_opacity("lung_fill", 35)
    settings.save()
    again = Settings(path)
    assert not again.overlay_shown("lungs")
    assert again.overlay_shown("zones")
    assert again.overlay_opacity("lung_fill") == 35
    assert again.overlay_opacity("lungs") == 60


def test_values_spoilt_by_hand_fall_back_to_sound_ones_and_are_named(path):
    path.write_text(
        "[overlays]\nlungs\\opacity=lots\nzones\\opacity=900\n[window]\ngeometry=7\npane_widths=1,2\n"
        "[appearance]\ntheme=pink\nfont_percent=1000\n[reading]\nblind=perhaps\n"
    )
    settings = Settings(path)
    assert settings.overlay_opacity("lungs") == 60
    assert settings.overlay_opacity("zones") == 100
    assert settings.geometry.isEmpty()
    assert settings.pane_widths == ()
    assert settings.theme is ThemeChoice.DARK
    assert settings.font_percent == 200
    assert settings.blind is False
    (note,) = settings.notes
    for key in ("overlays/lungs/opacity", "window/geometry", "window/pane_widths", "appearance/theme", "reading/blind"):
        assert key in note
    settings.save()
    assert Settings(path).notes == ()


@pytest.mark.parametrize("content", [b"\x00\xff\xfe garbage \x80\n]]]\n", b"[window\ngeometry\n"])
def test_a_damaged_file_is_said_and_quarantined_and_all_settings_are_as_at_first(path, content):
    path.write_bytes(content)
    settings = Settings(path)
    assert settings.theme is ThemeChoice.DARK
    (note,) = settings.notes
    assert "settings.damaged" in note
    assert (path.parent / "settings.damaged").read_bytes() == content
    settings.reader = "A"
    settings.save()
    again = Settings(path)
    assert (again.reader, again.notes) == ("A", ())


def test_where_nothing_can_be_kept_the_settings_hold_for_this_time_and_that_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    settings = Settings(tmp_path / "file" / "settings.ini")
    (note,) = settings.notes
    assert note.startswith("Settings could not be saved: ")
    settings.theme = ThemeChoice.LIGHT
    assert settings.theme is ThemeChoice.LIGHT
    settings.save()


def test_recent_files_come_last_first_each_once_and_no_more_than_ten(path):
    settings = Settings(path)
    for number in range(12):
        settings.remember_files([Path(f"/films/{number}.dcm")])
    settings.remember_files([Path("/films/5.dcm"), Path("/films/a, b.dcm")])
    settings.save()
    recent = Settings(path).recent_files
    assert len(recent) == 10
    assert recent[:3] == (Path("/films/5.dcm"), Path("/films/a, b.dcm"), Path("/films/11.dcm"))
    settings.forget_files()
    assert settings.recent_files == ()


def test_a_single_recent_file_is_kept_whole(path):
    settings = Settings(path)
    settings.remember_files([Path("/films/a, b.dcm")])
    settings.save()
    assert Settings(path).recent_files == (Path("/films/a, b.dcm"),)


def test_without_names_no_path_is_kept_and_those_that_were_are_gone(path):
    settings = Settings(path)
    settings.remember_files([Path("/films/Doe_Jane.dcm")])
    settings.save()
    assert "Doe" in path.read_text()
    settings.keeps_names = False
    settings.remember_files([Path("/films/Roe_Jane.dcm")])
    settings.save()
    assert settings.recent_files == ()
    assert "Doe" not in path.read_text()
    assert "Roe" not in path.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_viewer_s_own_files_are_its_owners_alone_from_the_first_moment(own_home):
    settings = Settings()
    file = config_dir() / "settings.ini"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings.set_overlay_opacity("lungs", 50)
    settings.save()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (config_dir(), log_dir())} == {0o700}
    assert own_home in config_dir().parents


def test_every_screen_that_can_be_stated_has_grey_levels(path):
    settings = Settings(path)
    assert settings.screen is None
    settings.gsdf = True
    for minimum in SCREEN_MINIMUM:
        for maximum in SCREEN_MAXIMUM:
            for ambient in SCREEN_AMBIENT:
                settings.screen_minimum, settings.screen_maximum, settings.screen_ambient = minimum, maximum, ambient
                assert settings.screen == Screen(minimum, maximum, ambient)
    settings.screen_minimum = 99.0
    assert settings.screen_minimum == SCREEN_MINIMUM[1]


@pytest.mark.parametrize("written", ["nan", "bright", "inf"])
def test_a_luminance_that_makes_no_sense_is_as_at_first(path, written):
    path.write_text(f"[picture]\nscreen_maximum={written}\n")
    settings = Settings(path)
    assert settings.screen_maximum == Settings.screen_maximum.default
    assert "picture/screen_maximum" in settings.notes[0]

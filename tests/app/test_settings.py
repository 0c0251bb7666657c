import stat
import sys

import pytest
from PySide6.QtCore import QByteArray

from app.paths import config_dir, log_dir
from app.settings import Settings


def test_overlay_switches_and_opacity_are_kept(tmp_path):
    settings = Settings(tmp_path / "settings.ini")
    settings.set_overlay_shown("lungs", False)
    settings.set_overlay_opacity("zones", 35)
    settings.geometry = QByteArray(b"\x01\x02")
    settings.save()
    again = Settings(tmp_path / "settings.ini")
    assert not again.overlay_shown("lungs")
    assert again.overlay_shown("zones")
    assert again.overlay_opacity("zones") == 35
    assert bytes(again.geometry) == b"\x01\x02"


def test_settings_spoilt_by_hand_fall_back_to_sound_values(tmp_path):
    (tmp_path / "settings.ini").write_text(
        "[overlays]\nlungs\\opacity=lots\nzones\\opacity=900\n[window]\ngeometry=7\n"
    )
    settings = Settings(tmp_path / "settings.ini")
    assert 0 <= settings.overlay_opacity("lungs") <= 100
    assert settings.overlay_opacity("zones") == 100
    assert settings.geometry.isEmpty()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_viewer_s_own_files_are_its_owners_alone(own_home):
    Settings().save()
    settings = Settings()
    settings.set_overlay_opacity("lungs", 50)
    settings.save()
    assert stat.S_IMODE((config_dir() / "settings.ini").stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (config_dir(), log_dir())} == {0o700}
    assert own_home in config_dir().parents

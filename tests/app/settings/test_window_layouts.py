from PySide6.QtCore import QByteArray

from app.settings.settings import Settings
from app.settings.window_layouts import WindowLayouts


def test_each_layout_of_screens_has_its_own_and_a_new_one_begins_with_the_last(tmp_path):
    settings = Settings(tmp_path / "settings.ini")
    layouts = WindowLayouts(settings)
    layouts.keep("1920x1080_0_0", QByteArray(b"one"), (300, 1000, 400))
    layouts.keep("1080x1920_0_0", QByteArray(b"two"), (260, 500, 300))
    settings.save()
    loaded = Settings(tmp_path / "settings.ini")
    again = WindowLayouts(loaded)
    assert again.geometry_on("1920x1080_0_0") == QByteArray(b"one")
    assert again.pane_widths_on("1920x1080_0_0") == (300, 1000, 400)
    assert again.pane_widths_on("1080x1920_0_0") == (260, 500, 300)
    assert again.pane_widths_on("2560x1440_0_0") == (260, 500, 300)
    assert loaded.notes == ()


def test_sizes_of_a_portrait_screen_are_kept_apart(tmp_path):
    layouts = WindowLayouts(Settings(tmp_path / "settings.ini"))
    layouts.keep("1080x1920_0_0", QByteArray(b"one"), (300, 1000, 400))
    layouts.keep("1080x1920_0_0", QByteArray(b"two"), (500, 1200, 500), portrait=True)
    assert layouts.pane_widths_on("1080x1920_0_0") == (300, 1000, 400)
    assert layouts.portrait_sizes_on("1080x1920_0_0") == (500, 1200, 500)
    assert layouts.portrait_sizes_on("1920x1080_0_0") == ()

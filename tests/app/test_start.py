import io
import json
import os
import re
import subprocess
import sys

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from PySide6.QtCore import QCoreApplication, Qt, QTranslator
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from app.__main__ import EXIT_NO_DISPLAY, main
from app.look.arrangement import FIRST_WIDTHS
from app.look.theme import LIGHT
from app.settings.settings import Device
from bsnet_core import language
from tests.dicom_files import ramp, write_dicom


def python(code, **environment):
    cleared = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "DISPLAY", "WAYLAND"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=cleared | environment,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a screen")
def test_without_a_screen_the_viewer_says_so_and_how_to_score():
    result = python("import sys; from app.__main__ import main; sys.exit(main([]))")
    assert result.returncode == EXIT_NO_DISPLAY == 2
    assert "needs a screen" in result.stderr
    assert re.search(r"bsnet-score FILE", result.stderr)
    assert "Traceback" not in result.stderr
    assert "qt.qpa" not in result.stderr


def test_a_reading_list_and_files_are_not_opened_together(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--reading-list", "list.toml", "image.dcm"])
    assert ended.value.code == 2
    assert "a reading list names its images itself: leave out PATH" in capsys.readouterr().err


def test_the_command_s_own_module_is_light():
    result = python("import sys, json, app.__main__; print(json.dumps(sorted(sys.modules)))")
    assert {"torch", "PySide6", "numpy"}.isdisjoint(json.loads(result.stdout))


def test_the_window_does_not_wait_for_the_network_s_libraries():
    result = python(
        "import sys, json, app.main_window; print(json.dumps(sorted(sys.modules)))", QT_QPA_PLATFORM="offscreen"
    )
    heavy = {"torch", "torchvision", "segmentation_models_pytorch", "albumentations", "skimage", "matplotlib"}
    assert heavy.isdisjoint(json.loads(result.stdout))


def settings_of(home):
    (path,) = home.rglob("settings.ini")
    return path


def test_the_first_start_says_the_intended_use_once_and_keeps_nobody_from_working(qtbot, open_viewer, no_model):
    viewer = open_viewer("--model", no_model, "--no-samples")
    bar = viewer.intended_use
    assert bar.isVisible()
    assert "not a medical device" in bar.findChild(QLabel).text()
    assert QApplication.activeModalWidget() is None
    assert viewer.messages.text == ""
    qtbot.mouseClick(bar.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    viewer.close()
    assert not open_viewer("--model", no_model, "--no-samples").intended_use.isVisible()


def test_damaged_settings_do_not_keep_the_window_from_opening_and_are_said(qtbot, open_viewer, no_model, own_home):
    open_viewer("--model", no_model, "--no-samples").close()
    settings_of(own_home).write_bytes(b"\xff\xfe\x00 damaged")
    viewer = open_viewer("--model", no_model, "--no-samples")
    assert viewer.messages.text.startswith("Warning: The settings file was damaged")


def test_window_panes_theme_and_switches_are_as_they_were_left(qtbot, open_viewer, no_model):
    viewer = open_viewer("--model", no_model, "--no-samples")
    viewer.resize(1200, 800)
    viewer.arrangement.set_pane_sizes([300, 500, 400])
    viewer.preferences.control("theme").setCurrentIndex(1)
    viewer.actions_by_name["zones"].trigger()
    sizes = viewer.arrangement.pane_sizes
    viewer.close()
    assert sizes != FIRST_WIDTHS
    again = open_viewer("--model", no_model, "--no-samples")
    again.resize(1200, 800)
    assert again.arrangement.pane_sizes == pytest.approx(sizes, abs=2)
    assert again.palette().window().color().name() == LIGHT.window
    assert not again.actions_by_name["zones"].isChecked()
    again.preferences.control("theme").setCurrentIndex(0)


def test_opened_files_are_remembered_and_samples_are_not(qtbot, open_viewer, no_model, tmp_path):
    viewer = open_viewer("--model", no_model)
    qtbot.waitUntil(lambda: viewer.session.current is not None)
    assert viewer._settings.recent_files == ()
    image = write_dicom(tmp_path / "film.dcm", ramp(300, 300), bits=12)
    viewer.open_paths([image])
    assert viewer._settings.recent_files == (image,)
    qtbot.waitUntil(lambda: len(viewer.session.images) == 6 and not viewer.inference.is_busy)


def test_the_preferred_device_is_used_unless_the_command_names_another(qtbot, open_viewer, no_model, own_home):
    viewer = open_viewer("--model", no_model, "--no-samples")
    viewer._settings.device = Device.CPU
    viewer.close()
    assert open_viewer("--model", no_model, "--no-samples").inference._choice.device == "cpu"
    assert open_viewer("--model", no_model, "--no-samples", "--device", "auto").inference._choice.device == "auto"


def test_the_original_image_hides_all_overlays_and_brings_back_the_same(qtbot, open_viewer, no_model):
    viewer = open_viewer("--model", no_model, "--no-samples")
    viewer.actions_by_name["zones"].trigger()
    before = viewer.view.overlays.shown
    viewer.actions_by_name["original_image"].trigger()
    assert viewer.view.is_original
    viewer.actions_by_name["original_image"].trigger()
    assert not viewer.view.is_original
    assert viewer.view.overlays.shown == before


ITALIAN = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "&Open…"\nmsgstr "&Apri…"\n'


@pytest.fixture
def english_afterwards():
    yield
    language.use_language("en")
    for translator in QApplication.instance().findChildren(QTranslator):
        QApplication.instance().removeTranslator(translator)


@pytest.mark.usefixtures("english_afterwards")
def test_another_language_is_spoken_from_the_next_start_on(qtbot, open_viewer, no_model, tmp_path, monkeypatch):
    folder = tmp_path / "resources" / "languages" / "it" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = read_po(io.StringIO(ITALIAN), locale="it")
    with (folder / "bsnet.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(language, "resources_dir", lambda: tmp_path / "resources")
    viewer = open_viewer("--model", no_model, "--no-samples")
    box = viewer.preferences.control("language")
    box.setCurrentIndex(box.findData("it"))
    assert viewer.actions_by_name["open"].text() == "&Open…"
    viewer.close()
    again = open_viewer("--model", no_model, "--no-samples")
    assert again.actions_by_name["open"].text() == "&Apri…"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Annulla"

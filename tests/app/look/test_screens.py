"""One window on several screens, as Qt's offscreen platform simulates them: each case is a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QWidget

from app.background.network import ModelChoice
from app.look.screens import another_window, open_another_window, show_full_screen, size_on
from bsnet_core.model.network_config import Attention

LEFT = {"name": "left", "x": 0, "y": 0, "width": 1600, "height": 1000, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
RIGHT = {**LEFT, "name": "right", "x": 1600, "width": 1920, "height": 1080}
SMALL = {**LEFT, "width": 1024, "height": 700}
START = """
import json, sys
from PySide6.QtCore import QEventLoop, QTimer
from app.__main__ import build_parser, open_window
from app.background.network import Network

def wait():
    loop = QEventLoop()
    QTimer.singleShot(200, loop.quit)
    loop.exec()

def place():
    frame, screen = window.frameGeometry(), window.screen()
    # Qt itself lets one pixel of the frame out.
    inside = screen.geometry().contains(frame.adjusted(2, 2, -2, -2))
    return {"screen": screen.name(), "inside": inside, "left": frame.left(),
            "full": window.isFullScreen(), "checked": window.actions_by_name["full_screen"].isChecked()}

window = open_window(build_parser().parse_args(["--no-samples"]), Network())
wait()
"""
END = """
print(json.dumps(said))
window.close()
while not window.end_work():
    pass
"""


def run(code, screens, tmp_path, **environment):
    """What the code says as JSON, on these screens and in the test's own home."""
    configuration = tmp_path / "screens.json"
    configuration.write_text(json.dumps({"windowFrameMargins": True, "screens": screens}))
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"QT_QPA_PLATFORM": f"offscreen:configfile={configuration}"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.usefixtures("own_home")
def test_a_window_comes_back_on_its_screen_and_on_the_first_one_where_that_is_gone(tmp_path):
    moved = run(START + "window.move(1700, 60); wait(); said = place()" + END, [LEFT, RIGHT], tmp_path)
    assert moved["screen"] == "right"
    again = run(START + "said = place()" + END, [LEFT, RIGHT], tmp_path)
    assert (again["screen"], again["left"]) == ("right", moved["left"])
    alone = run(START + "said = place()" + END, [LEFT], tmp_path)
    assert (alone["screen"], alone["inside"]) == ("left", True)


@pytest.mark.usefixtures("own_home")
def test_f11_fills_the_screen_the_window_is_on_and_gives_it_back(tmp_path):
    code = (
        START
        + "window.move(1700, 60); wait(); before = place(); said = [before]\n"
        + "action = window.actions_by_name['full_screen']\n"
        + "for _ in range(2):\n    action.trigger(); wait(); said.append(place() | {'width': window.width()})\n"
        + "said[2]['same'] = said[2]['left'] == before['left']"
    )
    before, full, after = run(code + END, [LEFT, RIGHT], tmp_path)
    assert (before["full"], full["full"], after["full"]) == (False, True, False)
    assert (full["screen"], full["width"], full["checked"]) == ("right", 1920, True)
    assert (after["same"], after["checked"]) == (True, False)


@pytest.mark.usefixtures("own_home")
def test_the_first_window_is_no_larger_than_a_small_screen(tmp_path):
    said = run(START + "said = [window.width(), window.height()]" + END, [SMALL], tmp_path)
    assert said[0] <= SMALL["width"]


def test_moved_to_a_screen_of_twice_the_density_the_image_is_drawn_at_that_density(tmp_path):
    code = """
import json
import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from tests.app.canvas.test_scene import overlays
from tests.app.predictions import IMAGE_SHAPE
from app.canvas.drawing.frame import FrameRenderer
from app.canvas.image_view import ImageView
from bsnet_core.radiograph import Radiograph

def wait():
    loop = QEventLoop()
    QTimer.singleShot(400, loop.quit)
    loop.exec()

def on_screen():
    ratio = view.devicePixelRatioF()
    shot = view.screen().grabWindow(view.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    # The offscreen platform gives as many pixels as the window has units, from its upper left corner.
    wanted = view.image_of_view(ratio).copy(0, 0, shot.width(), shot.height())
    arrays = [np.frombuffer(image.constBits(), np.uint8).astype(int) for image in (shot, wanted)]
    same = bool((abs(arrays[0] - arrays[1]) <= 2).all() and arrays[0].std() > 10)
    return [view.screen().name(), ratio, same]

application = QApplication([])
stored = np.tile(np.arange(IMAGE_SHAPE[1], dtype=np.uint16), (IMAGE_SHAPE[0], 1))
view = ImageView()
view.resize(500, 420)
view.show_radiograph(Radiograph(stored, stored_offset=0, bits_stored=12, monochrome1=False), FrameRenderer(stored))
view.set_overlays(overlays())
view.move(50, 50)
view.show()
wait()
said = [on_screen()]
view.move(1650, 50)
wait()
said.append(on_screen())
print(json.dumps(said))
"""
    before, after = run(code, [LEFT, RIGHT], tmp_path, QT_SCREEN_SCALE_FACTORS="1;2")
    assert before == ["left", 1.0, True]
    assert after == ["right", 2.0, True]


def test_full_screen_keeps_a_maximised_window_maximised(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.showMaximized()
    show_full_screen(window, True)
    assert window.isFullScreen()
    show_full_screen(window, True)
    assert window.isFullScreen()
    show_full_screen(window, False)
    assert window.isMaximized()
    assert not window.windowState() & Qt.WindowState.WindowFullScreen


def test_another_window_has_the_same_model_and_its_command_is_understood(tmp_path):
    choice = ModelChoice(tmp_path, "cpu", Attention.HARD)
    command = another_window(choice)
    assert command[-6:] == ["--device", "cpu", "--model", str(tmp_path), "--attention", "ha"]
    result = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="ends the other process by a signal")
def test_another_window_is_a_process_of_its_own_on_the_same_library(own_home, no_model):
    process_id = open_another_window(ModelChoice(no_model, "cpu"))
    try:
        deadline = time.monotonic() + 60
        while not (found := list(Path(own_home).rglob("*.sqlite3"))) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(found) == 1
        os.kill(process_id, 0)
    finally:
        os.kill(process_id, signal.SIGKILL)


@pytest.mark.parametrize("screen", [(1920, 1080), (1280, 720), (1080, 1920), (1440, 2560), (1024, 700)])
def test_the_first_window_has_room_for_its_frame_and_is_as_high_as_a_portrait_screen(screen):
    width, height = screen
    size = size_on(QSize(width, height), QSize(1440, 900))
    assert size.width() == min(width, 1440)
    assert height - 60 < size.height() < height - 24 or (size.height() == 900 and width > height)
    assert size.height() < height - 24

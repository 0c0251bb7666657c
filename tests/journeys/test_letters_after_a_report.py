"""A report brings its own fonts; the window keeps its letters. A process loads them once, so this needs its own."""

import os
import subprocess
import sys

import pytest

from tests.dicom_files import ramp, write_dicom

LETTERS_BEFORE_AND_AFTER = """
import sys, time
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication
from app.__main__ import build_parser, open_window
from app.background.network import Network
from app.canvas.drawing import lettering
from app.report.fonts import load_fonts

def settle(until):
    end = time.monotonic() + 60
    while not until() and time.monotonic() < end:
        QCoreApplication.processEvents()
    for _ in range(20):
        QCoreApplication.processEvents()
        time.sleep(0.02)

application = QApplication([])
network = Network()
window = open_window(build_parser().parse_args(["--model", sys.argv[1], sys.argv[2]]), network)
window.resize(1300, 800)
settle(lambda: window.view.view_geometry is not None and not window.inference.is_busy)
parts = (window.view, window.scores, window.overlays, window.menuBar())
before = [part.grab().toImage() for part in parts]
load_fonts()
lettering._rimmed.cache_clear()  # other words are drawn afresh, and these with them
after = [part.grab().toImage() for part in parts]
print("same" if before == after else "other", flush=True)
window.close()
network.close()
"""


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there the system's font has a name of its own")
def test_the_window_s_letters_are_the_same_before_and_after_the_first_report(own_home, no_model, tmp_path):
    image = write_dicom(tmp_path / "one.dcm", ramp(300, 300), bits=12)
    run = subprocess.run(
        [sys.executable, "-c", LETTERS_BEFORE_AND_AFTER, str(no_model), str(image)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert run.stdout == "same\n", run.stderr

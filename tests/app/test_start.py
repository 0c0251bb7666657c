import json
import os
import re
import stat
import subprocess
import sys

import pytest

from app.__main__ import EXIT_NO_DISPLAY


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


def test_the_command_s_own_module_is_light():
    result = python("import sys, json, app.__main__; print(json.dumps(sorted(sys.modules)))")
    assert {"torch", "PySide6", "numpy"}.isdisjoint(json.loads(result.stdout))


def test_the_window_does_not_wait_for_the_network_s_libraries():
    result = python(
        "import sys, json, app.main_window; print(json.dumps(sorted(sys.modules)))", QT_QPA_PLATFORM="offscreen"
    )
    heavy = {"torch", "torchvision", "segmentation_models_pytorch", "albumentations", "skimage", "matplotlib"}
    assert heavy.isdisjoint(json.loads(result.stdout))


def test_the_log_holds_no_file_values_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "viewer.log"
    result = python(
        f"""
import logging, warnings
from pathlib import Path
from app.logs import set_up_logging, where_it_failed
set_up_logging(Path({str(path)!r}))
warnings.warn("Invalid value for VR PN: 'Doe^Jane'")
logging.getLogger("pydicom").warning("Doe^Jane")
name = "Doe^Jane"
try:
    raise ValueError(name)
except ValueError as error:
    logging.getLogger("app.session").error("It failed: %s", where_it_failed(error))
"""
    )
    text = path.read_text()
    assert "It failed: ValueError" in text
    assert "Doe" not in text + result.stderr + result.stdout
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

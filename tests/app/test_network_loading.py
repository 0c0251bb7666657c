"""Loading the network's libraries beside a window that goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

BESIDE = """
import gc, sys
from app.network_loading import undisturbed_loading
collections = []
gc.callbacks.append(lambda phase, facts: collections.append(facts["generation"]))
with undisturbed_loading():
    assert not gc.isenabled()
    from bsnet_core.prediction import Predictor
    import bsnet_core.model.bsnet
    assert collections == [], collections
assert gc.isenabled()
assert gc.get_freeze_count() > 100_000, gc.get_freeze_count()
with undisturbed_loading():
    assert gc.isenabled()
"""
FAILING = """
import gc
from app.network_loading import undisturbed_loading
try:
    with undisturbed_loading():
        raise OSError("no weights")
except OSError:
    pass
assert gc.isenabled()
"""
OPENED_AHEAD = """
import sys
from pathlib import Path
from app.network_loading import open_native_libraries
open_native_libraries()
assert "torch" not in sys.modules
assert "libtorch_cpu" in Path("/proc/self/maps").read_text()
import torch
assert float(torch.ones(3).sum()) == 3.0
"""


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(BESIDE, id="no garbage is collected while the libraries load, and what is loaded is set aside"),
        pytest.param(FAILING, id="collecting goes on after a load that failed"),
        pytest.param(
            OPENED_AHEAD,
            id="torch's native libraries are open before its import",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which libraries are open"),
        ),
    ],
)
def test_loading_leaves_the_window_its_turns(program):
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr

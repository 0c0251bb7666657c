"""The decoder process on its own."""

import subprocess
import sys

from bsnet_core.loading.decoder import Decoder


def test_the_child_ends_when_its_input_does():
    child = subprocess.Popen(Decoder()._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, complaints = child.communicate(timeout=60)
    assert (child.returncode, output, complaints) == (0, b"", b"")


def test_the_child_loads_neither_the_network_nor_the_window():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, bsnet_core.loading.decoder_process; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"torch", "PySide6", "cv2", "skimage", "matplotlib"} & set(loaded)

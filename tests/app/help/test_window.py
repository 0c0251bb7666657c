import pytest
from PySide6.QtCore import Qt


@pytest.mark.parametrize("key", [Qt.Key.Key_F1, Qt.Key.Key_H])
def test_f1_and_h_open_the_help_on_the_intended_use(open_viewer, no_model, open_help, key):
    viewer = open_viewer("--model", no_model, "--no-samples")
    open_help(viewer, key)
    assert "not a medical device" in viewer.help.text
    assert not viewer.help.isModal()

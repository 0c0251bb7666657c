import stat
import sys

import pytest

from app.settings.paths import data_dir


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the variable is Linux's")
def test_the_data_folder_is_the_user_s_and_private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert data_dir() == tmp_path / "share" / "bsnet-viewer"
    assert stat.S_IMODE(data_dir().stat().st_mode) == 0o700

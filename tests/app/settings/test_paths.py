import stat
import sys
from pathlib import Path

import pytest

from app.settings.paths import data_dir, folder_for_exports


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the variable is Linux's")
def test_the_data_folder_is_the_user_s_and_private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert data_dir() == tmp_path / "share" / "bsnet-viewer"
    assert stat.S_IMODE(data_dir().stat().st_mode) == 0o700


def test_a_file_is_proposed_in_a_folder_that_exists(tmp_path, monkeypatch):
    documents, last = tmp_path / "Documents", tmp_path / "stick"
    monkeypatch.setattr("platformdirs.user_documents_dir", lambda: str(documents))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    last.mkdir()
    assert folder_for_exports(None) == tmp_path
    documents.mkdir()
    assert folder_for_exports(None) == documents
    assert folder_for_exports(last) == last
    last.rmdir()
    assert folder_for_exports(last) == documents

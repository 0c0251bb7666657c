"""Files written whole or not at all."""

import json
import os
import stat

import pytest

from bsnet_core import private_files
from bsnet_core.private_files import (
    create_private_file,
    make_private_folder,
    private_file,
    write_private,
    write_private_json,
)

posix_only = pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "library"
    path.write_bytes(b"old")
    with pytest.raises(UnicodeEncodeError), private_file(path) as temporary:
        temporary.write_text("half" + "\ud800", "utf-8")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "library"
    path.write_bytes(b"old")
    with private_file(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@posix_only
def test_files_and_folders_are_readable_by_their_owner_only(tmp_path):
    make_private_folder(tmp_path / "a" / "b")
    write_private(tmp_path / "a" / "b" / "c", b"x")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "b" / "c").stat().st_mode) == 0o600


@posix_only
def test_a_file_made_for_other_code_is_private_and_keeps_what_is_in_it(tmp_path):
    path = tmp_path / "settings.ini"
    create_private_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"content")
    path.chmod(0o644)
    create_private_file(path)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"content", 0o600)


@pytest.mark.parametrize("has_links", [True, False])
def test_without_overwriting_a_file_of_that_name_stays(tmp_path, monkeypatch, has_links):
    if not has_links:
        monkeypatch.setattr(private_files.os, "link", _no_links)
    path = tmp_path / "report.pdf"
    write_private(path, b"first", overwrite=False)
    with pytest.raises(FileExistsError):
        write_private(path, b"second", overwrite=False)
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_have_a_file_each(tmp_path):
    path = tmp_path / "cache"
    with private_file(path) as first, private_file(path) as second:
        assert first != second
        first.write_bytes(b"1")
        second.write_bytes(b"2")
    assert path.read_bytes() == b"1"  # the outer block ends last


def test_json_is_readable_utf_8(tmp_path):
    write_private_json(tmp_path / "run.json", {"name": "Bologna–Niguarda", "path": tmp_path})
    text = (tmp_path / "run.json").read_text("utf-8")
    assert "–" in text
    assert json.loads(text) == {"name": "Bologna–Niguarda", "path": str(tmp_path)}


def _no_links(*_names):
    raise OSError("no hard links here")

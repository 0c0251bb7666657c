import os

import pytest

from bsnet_core.node.watched_folder import WatchedFolder


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def looked(watched, now_s):
    return [path.name for path, _key in watched.at_rest(now_s)]


def test_a_file_is_left_alone_while_it_is_being_written(place, tmp_path):
    watched, file = WatchedFolder(place, tmp_path / "done", 5.0), place / "a.dcm"
    file.write_bytes(b"1")
    assert looked(watched, 0.0) == []
    assert looked(watched, 4.0) == []
    file.write_bytes(b"12")
    assert looked(watched, 6.0) == []
    assert watched.has_new
    assert looked(watched, 11.0) == ["a.dcm"]


def test_files_of_folders_that_were_moved_in_are_found_and_those_of_transfers_under_way_are_not(place, tmp_path):
    watched = WatchedFolder(place, tmp_path / "done", 0.0)
    for name in ("study/one.dcm", "study/deeper/two", "b.dcm.part", "c.TMP", ".hidden", ".trash/d.dcm"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(b"1")
    assert sorted(looked(watched, 0.0)) == ["one.dcm", "two"]


def test_what_is_done_is_not_found_again_even_by_another_program_unless_it_was_written_anew(place, tmp_path):
    file = place / "Müller Eva.dcm"
    file.write_bytes(b"1")
    watched = WatchedFolder(place, tmp_path / "done", 0.0)
    ((_path, key),) = watched.at_rest(0.0)
    watched.note_done(key)
    assert not any("ller" in path.name for path in (tmp_path / "done").iterdir())
    again = WatchedFolder(place, tmp_path / "done", 0.0)
    assert looked(again, 0.0) == []
    assert not again.has_new
    file.write_bytes(b"other")
    os.utime(file, (1, 1))
    assert looked(again, 1.0) == ["Müller Eva.dcm"]


def test_a_folder_that_is_away_has_no_files_and_comes_back(place, tmp_path):
    watched = WatchedFolder(place, tmp_path / "done", 0.0)
    (place / "a.dcm").write_bytes(b"1")
    place.rename(tmp_path / "away")
    assert looked(watched, 0.0) == []
    (tmp_path / "away").rename(place)
    assert looked(watched, 1.0) == ["a.dcm"]

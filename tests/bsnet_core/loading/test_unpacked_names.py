"""Names from archives as names of files."""

import pytest

from bsnet_core.loading.unpacked_names import UnpackedNames, clean_name, leads_out


@pytest.mark.parametrize("name", ["胸" * 300 + ".dcm", "x" * 300 + ".dcm", "é" * 99, "x" * 99 + "." * 50 + "y"])
def test_no_name_is_longer_than_a_file_system_takes(name):
    assert 0 < len(clean_name(name).encode()) <= 101


def test_long_paths_lose_their_folders(tmp_path):
    path = UnpackedNames(tmp_path).free_path(("x" * 90,) * 30)
    assert path.parent == tmp_path
    path.touch()


def test_equal_names_are_numbered(tmp_path):
    names = UnpackedNames(tmp_path)
    given = []
    for _ in range(4):
        path = names.free_path(("a", "film.dcm"))
        path.touch()
        given.append(path.name)
    assert given == ["film.dcm", "film-2.dcm", "film-3.dcm", "film-4.dcm"]


@pytest.mark.parametrize(("name", "leads"), [("a/b", False), ("a/../b", True), ("\\a", True), ("c:a", True)])
def test_paths_that_lead_out(name, leads):
    assert leads_out(name, tuple(name.replace("\\", "/").split("/"))) is leads

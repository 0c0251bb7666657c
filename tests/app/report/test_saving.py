import os
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from app.report.saving import NameTakenError, save
from bsnet_core.errors import ReportError

DATA = b"report" * 1000
posix_only = pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole_and_nothing_else_is_left(tmp_path):
    assert save(DATA, tmp_path / "a.pdf", overwrite=False) == tmp_path / "a.pdf"
    assert (tmp_path / "a.pdf").read_bytes() == DATA
    assert left_in(tmp_path) == ["a.pdf"]


@posix_only
def test_only_the_owner_may_read_it_even_where_an_open_file_stood_before(tmp_path):
    target = tmp_path / "a.pdf"
    target.write_bytes(b"old")
    target.chmod(0o644)
    save(DATA, target, overwrite=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    save(DATA, tmp_path / "b.pdf", overwrite=False)
    assert stat.S_IMODE((tmp_path / "b.pdf").stat().st_mode) == 0o600


def test_another_file_is_never_replaced_unasked(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"old")
    with pytest.raises(NameTakenError, match="already exists"):
        save(DATA, tmp_path / "a.pdf", overwrite=False)
    assert (tmp_path / "a.pdf").read_bytes() == b"old"
    assert left_in(tmp_path) == ["a.pdf"]


def test_a_file_that_appears_while_ours_is_written_stays(tmp_path):
    def appear(data):
        (tmp_path / "a.pdf").write_bytes(b"theirs")

    with pytest.raises(NameTakenError):
        save(DATA, tmp_path / "a.pdf", overwrite=False, check=appear)
    assert (tmp_path / "a.pdf").read_bytes() == b"theirs"
    assert left_in(tmp_path) == ["a.pdf"]


def test_of_two_that_want_one_name_one_gets_it_whole(tmp_path):
    outcomes = []

    def try_to_save(data):
        try:
            save(data, tmp_path / "a.pdf", overwrite=False)
            outcomes.append(data)
        except NameTakenError:
            pass

    threads = [threading.Thread(target=try_to_save, args=(bytes([65 + number]) * 5000,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert (tmp_path / "a.pdf").read_bytes() == outcomes[0]
    assert left_in(tmp_path) == ["a.pdf"]


def test_replacing_puts_the_new_file_in_place_of_the_old(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"old")
    save(DATA, tmp_path / "a.pdf", overwrite=True)
    assert (tmp_path / "a.pdf").read_bytes() == DATA


def test_what_fails_its_check_never_takes_the_old_file_s_place(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"old")

    def reject(data):
        raise ReportError("not complete")

    with pytest.raises(ReportError, match="not complete"):
        save(DATA, tmp_path / "a.pdf", overwrite=True, check=reject)
    assert (tmp_path / "a.pdf").read_bytes() == b"old"
    assert left_in(tmp_path) == ["a.pdf"]


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(ReportError, match="folder no longer exists") as rejected:
        save(DATA, tmp_path / "gone" / "Mueller.pdf", overwrite=False)
    assert "Mueller" not in str(rejected.value)


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    (tmp_path / "a.pdf").mkdir()
    with pytest.raises(ReportError, match="folder with that name"):
        save(DATA, tmp_path / "a.pdf", overwrite=True)


@pytest.mark.parametrize("name", ["x" * 300 + ".pdf", "a\0b.pdf"])
def test_a_name_that_no_file_can_have_is_said(tmp_path, name):
    with pytest.raises(ReportError, match="file name cannot be used"):
        save(DATA, tmp_path / name, overwrite=False)
    assert left_in(tmp_path) == []


@posix_only
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_may_not_be_written_to_is_said(overwrite):
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    (folder / "a.pdf").write_bytes(b"old")
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)  # root may write everywhere
    try:
        with pytest.raises(ReportError, match="permission to write to this folder"):
            save(DATA, folder / ("a.pdf" if overwrite else "b.pdf"), overwrite=overwrite)
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)
    assert (folder / "a.pdf").read_bytes() == b"old"
    assert left_in(folder) == ["a.pdf"]
    (folder / "a.pdf").unlink()
    folder.rmdir()


@posix_only
def test_a_disk_without_room_is_said_and_the_old_file_stays(tmp_path):
    import resource

    (tmp_path / "a.pdf").write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(ReportError, match="disk is full"):
            save(DATA, tmp_path / "a.pdf", overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "a.pdf").read_bytes() == b"old"
    assert left_in(tmp_path) == ["a.pdf"]

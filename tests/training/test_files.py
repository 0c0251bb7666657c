import subprocess
import sys

from training.files import temporary_beside, write_whole


def test_two_runs_write_one_file_of_a_shared_cache_without_meeting(tmp_path):
    path = tmp_path / "content-hashes.json"
    code = "import sys; from pathlib import Path; from training.files import temporary_beside as beside; "
    asked = [sys.executable, "-c", code + "print(beside(Path(sys.argv[1])))", path]
    other = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    assert other != str(temporary_beside(path))
    write_whole(path, b"{}")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]

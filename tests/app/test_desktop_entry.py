"""Linux desktops: the viewer in the menu, and a double click on a DICOM file."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import build_parser

SCRIPT = Path(__file__).parents[2] / "installer" / "desktop-entry.sh"
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has desktop entries")


@pytest.fixture
def root(tmp_path):
    """A checkout at an odd place, whose program tells what it was called with."""
    made = tmp_path / 'a "place" with 100% $odd `signs`'
    program = made / ".venv" / "bin" / "bsnet-viewer"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    (made / "installer").mkdir()
    shutil.copy(SCRIPT, made / "installer")
    return made


def run(root, home, *arguments):
    return subprocess.run(
        [root / "installer" / SCRIPT.name, *arguments],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_DATA_HOME": str(home / "data")},
        capture_output=True,
        text=True,
        check=False,
    )


def entry_of(home):
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str
    parser.read(home / "data" / "applications" / "bsnet-viewer.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def command_of(entry, image):
    """What a desktop runs: first the escapes of the file's strings, then those within quotes, then its own codes."""
    text = entry["Exec"].replace("\\\\", "\\")
    program, rest = re.fullmatch(r'"((?:[^"\\]|\\.)*)" (.*)', text).groups()
    program = re.sub(r'\\(["`$\\])', r"\1", program).replace("%%", "%")
    return [program, *(str(image) if part == "%F" else part for part in rest.split())]


def test_a_dicom_file_chosen_on_the_desktop_is_what_the_viewer_is_called_with(root, tmp_path):
    assert run(root, tmp_path).returncode == 0
    entry = entry_of(tmp_path)
    assert "application/dicom" in entry["MimeType"].split(";")
    image = tmp_path / "a film.dcm"
    said = subprocess.run(command_of(entry, image), capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [str(image)]
    assert build_parser().parse_args(said).paths == [image]


def test_the_entry_is_taken_away_again(root, tmp_path):
    run(root, tmp_path)
    assert run(root, tmp_path, "--remove").returncode == 0
    assert list((tmp_path / "data" / "applications").glob("bsnet-viewer*")) == []
    assert run(root, tmp_path, "--remove").returncode == 0


def test_before_the_program_is_set_up_it_says_what_to_do(root, tmp_path):
    (root / ".venv" / "bin" / "bsnet-viewer").unlink()
    result = run(root, tmp_path)
    assert result.returncode == 1
    assert "run make first" in result.stderr

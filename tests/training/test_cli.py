import pytest

from training import cli
from training.cli import build_parser


@pytest.mark.parametrize("arguments", [["all"], ["segmentation"], ["export", "--to", "m", "--version", "1"]])
def test_the_command_says_what_is_wrong_and_exits_with_2(arguments, tmp_path, capsys):
    status = cli.main([*arguments, "--config", str(tmp_path / "gone.toml")])
    assert status == 2
    assert "gone.toml" in capsys.readouterr().err


def test_the_command_is_there_with_its_arguments():
    arguments = build_parser().parse_args(["evaluate-explanations", "--data", "images", "--images", "7"])
    assert arguments.images == 7
    assert arguments.model is None
    assert not arguments.exact

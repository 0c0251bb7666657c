import pytest

from training import cli


@pytest.mark.parametrize("arguments", [["all"], ["segmentation"], ["export", "--to", "m", "--version", "1"]])
def test_the_command_says_what_is_wrong_and_exits_with_2(arguments, tmp_path, capsys):
    status = cli.main([*arguments, "--config", str(tmp_path / "gone.toml")])
    assert status == 2
    assert "gone.toml" in capsys.readouterr().err

import pytest

from training.cli import main
from training.configuration.new_configuration import write_configuration
from training.configuration.run_config import ConfigurationError, RunConfig
from training.datasets.sources import SourceKind


def test_a_configuration_names_the_data_sets_that_are_there_and_can_be_used(data_root, tmp_path):
    (data_root / "letters").mkdir()
    file = tmp_path / "mine.toml"
    found = write_configuration(data_root, file)
    config = RunConfig.from_file(file)
    assert config.data.sources == tuple(each.source for each in found)
    assert SourceKind.COHEN_FOLDER in {source.kind for source in config.data.sources}
    for each in found:
        samples = each.source.load()
        assert each.images == len(samples)
        assert each.with_scores == sum(sample.score is not None for sample in samples)


def test_a_data_set_itself_can_be_named(data_root, tmp_path):
    (found,) = write_configuration(data_root / "cohen", tmp_path / "mine.toml")
    assert found.source.folder == (data_root / "cohen").resolve()


def test_no_configuration_is_written_over_or_for_nothing(data_root, tmp_path):
    file = tmp_path / "mine.toml"
    with pytest.raises(ConfigurationError, match="no folder"):
        write_configuration(tmp_path / "gone", file)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match=r"No data set.*cohen-folder"):
        write_configuration(tmp_path / "empty", file)
    assert not file.exists()
    file.write_text("mine")
    with pytest.raises(ConfigurationError, match="left as it is"):
        write_configuration(data_root, file)
    assert file.read_text() == "mine"


def test_the_command_says_what_it_found_and_how_to_go_on(data_root, tmp_path, capsys):
    file = tmp_path / "mine.toml"
    assert main(["init", str(data_root), "--to", str(file)]) == 0
    said = capsys.readouterr().out
    assert "cohen-folder: " in said
    assert f"bsnet-train prepare --config {file}" in said
    assert main(["init", str(data_root), "--to", str(file)]) == 2
    assert main(["prepare", "--config", str(file), "--set", "stages.scoring.epochs=0"]) == 2

import pytest

from training.configuration.run_config import ConfigurationError, RunConfig
from training.datasets.sample import DataSetError
from training.run.run_data import load_data


def test_joining_a_patient_that_does_not_exist_or_twice_is_rejected(make_config, tmp_path):
    make_config()
    path = tmp_path / "run.toml"
    text = path.read_text()
    path.write_text(text.replace("[data]\n", '[data]\njoin_patients = [["cohen-1", "cohen-99"]]\n'))
    with pytest.raises(DataSetError, match="cohen-99"):
        load_data(RunConfig.from_file(path))
    path.write_text(text.replace("[data]\n", '[data]\njoin_patients = [["a", "b"], ["b", "c"]]\n'))
    with pytest.raises(ConfigurationError, match="twice"):
        RunConfig.from_file(path)

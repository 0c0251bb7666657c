import dataclasses

import pytest

from training.configuration.run_config import ConfigurationError
from training.configuration.sections import StageName
from training.run.stage_run import run_stage


def test_a_checkpoint_of_other_settings_is_rejected(make_config, tmp_path):
    config = make_config()
    run_stage(config, StageName.SEGMENTATION)
    with pytest.raises(ConfigurationError, match="other settings"):
        run_stage(dataclasses.replace(config, seed=1), StageName.SEGMENTATION)
    (config.output / "segmentation" / "last.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        run_stage(config, StageName.SEGMENTATION)

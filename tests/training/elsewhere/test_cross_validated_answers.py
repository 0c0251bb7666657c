import json

import numpy as np
import pytest

from training.configuration.run_config import ConfigurationError
from training.elsewhere.cross_validated_answers import cross_validated_answers


def write_fold(config, repeat, rows, grids, temperature=2.0, helps=True):
    """A fold whose logits, of two views, are the grids' logarithms times the temperature."""
    folder = config.output / f"cross-validation/repeat-{repeat}/fold-1"
    folder.mkdir(parents=True)
    logits = np.stack([np.log(grids) * (temperature if helps else 1.0)] * 2)
    (folder / "fold.json").write_text(json.dumps({"test": rows, "logits": {"best": {"ha": logits.tolist()}}}))
    calibration = {
        "temperature": temperature,
        "temperature_helps": helps,
        "global_interval": {"common_error": 0.4},
    }
    (config.output / "cross-validation.json").write_text(json.dumps({"calibration": calibration}))


@pytest.mark.parametrize("helps", [True, False])
def test_every_repeat_answers_for_its_test_images_at_the_runs_temperature(make_config, data_root, helps):
    config = make_config()
    grids = np.random.default_rng(0).dirichlet(np.ones(4) * 3, (2, 3, 2))
    write_fold(config, 1, [3, 5], grids, helps=helps)
    write_fold(config, 2, [5], grids[:1], helps=helps)
    answers = cross_validated_answers(config, data_root)
    assert [answer.image for answer in answers] == [
        "cohen/images/p03.jpg#1",
        "cohen/images/p05.jpg#1",
        "cohen/images/p05.jpg#2",
    ]
    # Reading order A-F: the first column of the grid from above, then the second.
    assert answers[0].probabilities == pytest.approx(grids[0].transpose(1, 0, 2).reshape(6, 4), abs=1e-5)
    assert answers[0].score is not None
    assert answers[0].score.zones == tuple(answers[0].probabilities.argmax(axis=1))
    assert answers[1].patient == "cohen-5"
    assert [answer.common_error for answer in answers] == [0.4] * 3


def test_a_run_without_a_finished_cross_validation_is_told(make_config, data_root):
    with pytest.raises(ConfigurationError, match="missing or damaged"):
        cross_validated_answers(make_config(), data_root)

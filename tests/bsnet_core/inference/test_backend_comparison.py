"""The comparison of a backend with torch."""

import json
from pathlib import Path

import pytest

from bsnet_core.backends import OPENVINO
from bsnet_core.backends.admission import MIN_IMAGES, recorded_drift
from bsnet_core.errors import UnreadableImageError
from bsnet_core.inference.backend_comparison import admit
from bsnet_core.model.weights import load_model
from bsnet_core.resources import sample_files
from tests.bsnet_core.backends.small_model import needs_openvino, record_path


@needs_openvino
def test_measuring_keeps_its_outcome_and_says_it(model_dir, cache):
    stages = []
    drift = admit(
        OPENVINO, [*sample_files(), Path("missing.dcm")], model_dir, lambda stage, share: stages.append(share)
    )
    assert drift.images == len(sample_files())
    assert drift.changed_share == 0
    assert drift.dice == pytest.approx(1)
    assert drift.expected_drift < 1e-4
    assert not drift.is_admitted
    assert f"at least {MIN_IMAGES} images" in drift.sentence()
    assert recorded_drift(OPENVINO, load_model(model_dir)[1].sha256) == drift
    assert json.loads(record_path(OPENVINO, model_dir).read_text())["format"] == 1
    assert stages == sorted(stages)


@needs_openvino
def test_nothing_is_admitted_on_files_that_are_no_films(model_dir, cache, tmp_path):
    (tmp_path / "letter.dcm").write_text("Dear colleague")
    with pytest.raises(UnreadableImageError, match="None of these images"):
        admit(OPENVINO, [tmp_path / "letter.dcm"], model_dir)

"""Converted networks in the cache."""

import os
import stat

from bsnet_core.backends import OPENVINO
from bsnet_core.inference.predictor import Predictor
from tests.bsnet_core.backends.small_model import needs_openvino, record_path


@needs_openvino
def test_a_network_is_converted_once_and_kept_for_its_owner_only(model_dir, cache):
    Predictor.load(model_dir, "cpu", backend=OPENVINO)
    folder = record_path(OPENVINO, model_dir).parent
    files = sorted(folder.glob("*.bin")) + sorted(folder.glob("*.xml"))
    assert len(files) == 4
    if os.name != "nt":
        assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)} == {0o700}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    written = [path.stat().st_mtime_ns for path in files]
    Predictor.load(model_dir, "cpu", backend=OPENVINO)
    assert [path.stat().st_mtime_ns for path in files] == written
    assert list(folder.parent.glob("*.tmp")) == []

import numpy as np
import pytest
from PIL import Image

from bsnet_core.frames import Frames
from bsnet_core.model.network_config import Aspect
from training.datasets.sample import DataSetError
from training.evaluation.outlines import load_outlines

SIDE = 64


def saved(path, bits):
    Image.fromarray(bits).save(path)
    return path


@pytest.mark.parametrize("scale", [1, 2])
def test_bits_become_lungs_and_disease_in_the_network_frame(tmp_path, scale):
    bits = np.zeros((100, 120), dtype=np.uint8)
    bits[20:80, 10:50] |= 1
    bits[20:80, 70:110] |= 2
    bits[30:50, 20:40] |= 4
    bits[60:70, 80:90] |= 8
    bits[0:5, 0:5] |= 8  # outside the lungs
    bits[40:60, 90:95] |= 16  # a tube
    bits = np.kron(bits, np.ones((scale, scale), dtype=np.uint8))
    found = load_outlines(saved(tmp_path / "a.png", bits), Frames.fit((100, 120), SIDE, Aspect.STRETCH))
    assert found.lungs.shape == found.disease.shape == (SIDE, SIDE)
    assert found.lungs.mean() == pytest.approx(2 * 60 * 40 / 12000, abs=0.03)
    assert found.disease.mean() == pytest.approx((20 * 20 + 10 * 10) / 12000, abs=0.01)
    assert found.disease[int(40 / 100 * SIDE), int(30 / 120 * SIDE)]
    assert not found.disease[0, 0]


def test_a_file_without_outlines_is_named(tmp_path):
    frames = Frames.fit((100, 120), SIDE, Aspect.STRETCH)
    empty = saved(tmp_path / "empty.png", np.zeros((100, 120), dtype=np.uint8))
    coloured = saved(tmp_path / "colour.png", np.ones((100, 120, 3), dtype=np.uint8))
    (tmp_path / "broken.png").write_bytes(b"no image")
    for file in (empty, coloured, tmp_path / "broken.png", tmp_path / "missing.png"):
        with pytest.raises(DataSetError, match=file.name):
            load_outlines(file, frames)

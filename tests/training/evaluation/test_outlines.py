import numpy as np
import pytest
from PIL import Image

from bsnet_core.frames import Aspect, Frames
from training.datasets.sample import DataSetError
from training.evaluation.outlines import load_outlines

SIDE = 64


def saved(path, bits):
    Image.fromarray(bits).save(path)
    return path


def test_bits_become_lungs_and_disease_in_the_network_frame(tmp_path):
    bits = np.zeros((100, 120), dtype=np.uint8)
    bits[20:80, 10:50] |= 1
    bits[20:80, 70:110] |= 2
    bits[30:50, 20:40] |= 4
    bits[60:70, 80:90] |= 8
    bits[0:5, 0:5] |= 8  # outside the lungs
    bits[40:60, 90:95] |= 16  # a tube
    found = load_outlines(saved(tmp_path / "a.png", bits), Frames.fit((100, 120), SIDE, Aspect.STRETCH))
    assert found.lungs.shape == found.disease.shape == (SIDE, SIDE)
    assert found.lungs.mean() == pytest.approx(2 * 60 * 40 / 12000, abs=0.03)
    assert found.disease.mean() == pytest.approx((20 * 20 + 10 * 10) / 12000, abs=0.01)
    assert found.disease[int(40 / 100 * SIDE), int(30 / 120 * SIDE)]
    assert not found.disease[0, 0]


def test_an_outline_keeps_its_place_in_the_network_image(tmp_path):
    bits = np.zeros((100, 200), dtype=np.uint8)
    bits[:50, 150:] = 2  # the right quarter of the upper half
    file = saved(tmp_path / "a.png", bits)
    expected = np.zeros((40, 40), dtype=np.bool_)
    expected[:20, 30:] = True
    assert (load_outlines(file, Frames.fit((100, 200), 40, Aspect.STRETCH)).lungs == expected).all()
    kept = load_outlines(file, Frames.fit((100, 200), 40, Aspect.KEEP)).lungs
    assert kept[10:20, 30:].all()
    assert kept.sum() == 100


def test_a_file_without_outlines_is_named(tmp_path):
    frames = Frames.fit((100, 120), SIDE, Aspect.STRETCH)
    smaller = saved(tmp_path / "smaller.png", np.ones((50, 60), dtype=np.uint8))
    coloured = saved(tmp_path / "colour.png", np.ones((100, 120, 3), dtype=np.uint8))
    (tmp_path / "broken.png").write_bytes(b"no image")
    for file in (smaller, coloured, tmp_path / "broken.png", tmp_path / "missing.png"):
        with pytest.raises(DataSetError, match=file.name):
            load_outlines(file, frames)
